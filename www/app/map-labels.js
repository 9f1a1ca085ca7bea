// @ts-check
/**
 * Which names fit on a map, and where.
 *
 * In: names with the size of their text and their spots, most important first; areas that must
 * stay free.  Out: for each name its area, or null. A name takes the first of its spots that
 * overlaps nothing taken before, and no other place, whose name it would seem to be. One that fits
 * nowhere is left out rather than laid over another.
 *
 * Proof: `tests/js/map-labels.test.js`.
 */

/** @typedef {{ left: number, top: number, right: number, bottom: number }} Area  in pixels */

/**
 * @typedef {object} Name
 * @property {number} width  of the text
 * @property {number} height
 * @property {[x: number, y: number][]} spots  middles of the text, best first
 * @property {Area[]} [others]  places that are not this one
 * @property {boolean} [important]  lies over another place rather than be left out
 */

/**
 * @param {Name[]} names @param {Area[]} [taken]
 * @returns {(Area | null)[]}
 */
export function placeNames(names, taken = []) {
  const full = [...taken];
  return names.map(({ width, height, spots, others = [], important = false }) => {
    const areas = spots.map((spot) => areaAround(spot, width, height)).filter((area) => isFree(area, full));
    const area = areas.find((each) => isFree(each, others)) ?? (important ? areas[0] : undefined) ?? null;
    if (area) full.push(area);
    return area;
  });
}

/** @param {Area} area @param {Area[]} full */
function isFree(area, full) {
  return !full.some((other) => overlap(area, other));
}

/** @param {[x: number, y: number]} middle @param {number} width @param {number} height @returns {Area} */
export function areaAround([x, y], width, height) {
  return { left: x - width / 2, top: y - height / 2, right: x + width / 2, bottom: y + height / 2 };
}

/** @param {Area} a @param {Area} b */
export function overlap(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/**
 * Spots for a place's name: its label point, then around its box.
 * @param {[x: number, y: number]} label @param {Area} box @param {number} width @param {number} height of the text
 * @returns {[x: number, y: number][]}
 */
export function spotsFor(label, { left, top, right, bottom }, width, height) {
  const [x, y] = [(left + right) / 2, (top + bottom) / 2];
  const [above, below] = [top - height / 2 - 1, bottom + height / 2 + 1];
  const [fromLeft, toRight] = [left + width / 2, right - width / 2]; // aligned with a side of the box
  return [
    label,
    [x, above],
    [x, below],
    [right + width / 2 + 3, y],
    [left - width / 2 - 3, y],
    [fromLeft, above],
    [toRight, above],
    [fromLeft, below],
    [toRight, below],
  ];
}
