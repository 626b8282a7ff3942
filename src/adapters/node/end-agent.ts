import type { Agent } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Ends the connections of an agent that gets no more requests: idle ones at once, the others when they are free. Done
 * when all of them are closed.
 */
export async function endAgent(agent: Agent): Promise<void> {
  // What comes free from now on is not kept.
  agent.maxFreeSockets = 0;
  const idle = socketsIn(agent.freeSockets);
  const closed = [...idle, ...socketsIn(agent.sockets)].map(closeOf);
  for (const socket of idle) socket.destroy();
  await Promise.all(closed);
}

function socketsIn(byName: Agent['sockets']): Socket[] {
  return Object.values(byName).flatMap((sockets = []) => sockets);
}

function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
  });
}
