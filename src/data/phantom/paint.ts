/**
 * Drawing on square planes. Coordinates are in units of the side with the origin in the middle: `x` to the
 * patient's left, `y` to the back.
 */

// Bound once, since looking these up on every call is slow in a sandboxed realm such as a test's.
const { abs, hypot, min, sqrt } = Math;

/** 1 well inside (negative distance), 0 well outside, smooth within `edge` of the boundary. */
export function coverage(distance: number, edge: number): number {
  if (distance <= -edge) return 1;
  if (distance >= edge) return 0;
  const t = 0.5 - distance / (2 * edge);
  return t * t * (3 - 2 * t);
}

/** An ellipse, optionally rotated. */
export interface Ellipse {
  readonly x: number;
  readonly y: number;
  readonly a: number;
  readonly b: number;
  /** Rotation in radians; default 0. */
  readonly angle?: number;
}

/** The approximate distance to an ellipse's edge, negative inside. */
export function ellipseDistance(ellipse: Ellipse, x: number, y: number): number {
  const { a, b, angle = 0 } = ellipse;
  let u = x - ellipse.x;
  let v = y - ellipse.y;
  if (angle !== 0) {
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    [u, v] = [cos * u + sin * v, cos * v - sin * u];
  }
  u /= a;
  v /= b;
  return (sqrt(u * u + v * v) - 1) * min(a, b);
}

/** The same for the outline of a chest, which is squarer: `|u|^2.5 + |v|^2.5 = 1`. */
export function chestDistance(ellipse: Ellipse, x: number, y: number): number {
  const { a, b } = ellipse;
  const u = abs(x - ellipse.x) / a;
  const v = abs(y - ellipse.y) / b;
  const sum = u * u * sqrt(u) + v * v * sqrt(v);
  return (sum ** 0.4 - 1) * min(a, b);
}

/** Calls back for each pixel of a box with its coordinates. */
function forBox(
  size: number,
  box: readonly [left: number, top: number, right: number, bottom: number],
  visit: (index: number, x: number, y: number) => void,
): void {
  const pixel = (at: number) => Math.floor((at + 0.5) * size);
  const left = Math.max(0, pixel(box[0]));
  const right = min(size - 1, pixel(box[2]));
  const bottom = min(size - 1, pixel(box[3]));
  for (let row = Math.max(0, pixel(box[1])); row <= bottom; row++) {
    const y = (row + 0.5) / size - 0.5;
    for (let col = left; col <= right; col++) {
      visit(row * size + col, (col + 0.5) / size - 0.5, y);
    }
  }
}

/** Fills an ellipse, optionally with a rim of another value (the cortex of a bone). */
export function paintEllipse(
  image: Float32Array,
  size: number,
  ellipse: Ellipse,
  value: number,
  edge: number,
  rim: { readonly width: number; readonly value: number } | null = null,
): void {
  const reach = Math.max(ellipse.a, ellipse.b) + 2 * edge;
  const box = [ellipse.x - reach, ellipse.y - reach, ellipse.x + reach, ellipse.y + reach] as const;
  forBox(size, box, (index, x, y) => {
    const distance = ellipseDistance(ellipse, x, y);
    const share = coverage(distance, edge);
    if (share === 0) return;
    let paint = value;
    if (rim !== null) {
      paint += coverage(-distance - rim.width, edge) * (rim.value - value);
    }
    image[index] += share * (paint - image[index]);
  });
}

/** Raises a mask to the coverage of a stroke; a stroke thinner than a pixel covers it partly. */
export function paintStroke(
  mask: Float32Array,
  size: number,
  from: readonly [number, number],
  to: readonly [number, number],
  radius: number,
  strength = 1,
): void {
  const pixel = 1 / size;
  const reach = Math.max(radius, 0.6 * pixel);
  const share = strength * min(1, radius / reach);
  const pad = reach + pixel;
  const box = [
    min(from[0], to[0]) - pad,
    min(from[1], to[1]) - pad,
    Math.max(from[0], to[0]) + pad,
    Math.max(from[1], to[1]) + pad,
  ] as const;
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const lengthSquared = dx * dx + dy * dy || 1e-12;
  forBox(size, box, (index, x, y) => {
    const along = ((x - from[0]) * dx + (y - from[1]) * dy) / lengthSquared;
    const t = along < 0 ? 0 : along > 1 ? 1 : along;
    const distance = hypot(x - from[0] - t * dx, y - from[1] - t * dy) - reach;
    const covered = share * coverage(distance, 0.7 * pixel);
    if (covered > mask[index]) mask[index] = covered;
  });
}
