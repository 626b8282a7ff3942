/** How far colours of a page lie apart (WCAG 2.2, "contrast ratio"): functions for the page itself. */
const contrast = `
  const parse = (color) => {
    const [r, g, b, a = 1] = color.match(/[\\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const over = (top, below) => {
    const mix = (one, other) => one * top.a + other * (1 - top.a);
    return { r: mix(top.r, below.r), g: mix(top.g, below.g), b: mix(top.b, below.b), a: 1 };
  };
  const background = (element) => {
    if (element === null) return parse(getComputedStyle(document.body).backgroundColor);
    const own = parse(getComputedStyle(element).backgroundColor);
    return own.a === 1 ? own : over(own, background(element.parentElement));
  };
  const luminance = ({ r, g, b }) => {
    const [x, y, z] = [r, g, b].map((part) => part / 255).map((part) =>
      part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ratio = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };`;

/** Texts that can be seen and are less than 4.5 to 1 from what is behind them. */
export const faintTexts: string = `(() => { ${contrast}
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const faint = [];
  let count = 0;
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    if (node.data.trim() === '' || !element.checkVisibility() || element.closest('script, style, option')) continue;
    const behind = background(element);
    const found = ratio(over(parse(getComputedStyle(element).color), behind), behind);
    count++;
    if (found < 4.5) faint.push([node.data.trim().slice(0, 40), found.toFixed(2)]);
  }
  for (const field of document.querySelectorAll('input, textarea, select')) {
    if (!field.checkVisibility()) continue;
    const pseudo = field.placeholder ? '::placeholder' : undefined;
    const behind = background(field);
    const found = ratio(over(parse(getComputedStyle(field, pseudo).color), behind), behind);
    if (found < 4.5) faint.push([field.id, found.toFixed(2)]);
  }
  return count > 20 ? faint : ['too few texts'];
})()`;

/** Fields whose edge is less than 3 to 1 from what is around them. */
export const faintEdges: string = `(() => { ${contrast}
  return [...document.querySelectorAll('input[type=text], textarea, select, button, .slot')]
    .filter((field) => field.checkVisibility())
    .map((field) => [field.id || field.className, ratio(parse(getComputedStyle(field).borderTopColor), background(field.parentElement))])
    .filter(([, found]) => found < 3);
})()`;
