/** Outlines on a grid of 24. */
const outlines = {
  passed: ['M12 3a9 9 0 1 1 0 18a9 9 0 0 1 0-18', 'M8 12.5l2.7 2.7L16 9.5'],
  failed: ['M12 3a9 9 0 1 1 0 18a9 9 0 0 1 0-18', 'M9 9l6 6', 'M15 9l-6 6'],
  ignored: ['M12 3a9 9 0 1 1 0 18a9 9 0 0 1 0-18', 'M12 8v5', 'M12 16.2v.1'],
  'not-checked': ['M12 3a9 9 0 1 1 0 18a9 9 0 0 1 0-18', 'M8 12h8'],
} as const;

export type IconName = keyof typeof outlines;

/** A picture beside a word that says the same: screen readers pass over it. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  for (const outline of outlines[name]) {
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    path.setAttribute('d', outline);
    svg.append(path);
  }
  return svg;
}
