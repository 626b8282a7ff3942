/** `true` on the layer of a file that `unpack` makes executable. Other tools ignore it. */
export const executableAnnotation = 'io.packwright.content.executable';

/** The title of the layer that holds all artifacts of a lock, where they are grouped. */
export const groupTitle = 'artifacts.tar';
