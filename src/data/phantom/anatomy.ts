import { addNoiseField, makeNoiseField } from "./noise";
import type { Ellipse } from "./paint";
import { chestDistance, coverage, ellipseDistance, paintEllipse, paintStroke } from "./paint";
import type { Patient } from "./patient";
import { LUNG_HEIGHT } from "./vessels";

// Bound once, since looking these up on every call is slow in a sandboxed realm such as a test's.
const { abs, max, min } = Math;

/** A slice without lesions, vessels and noise. */
export interface Anatomy {
  /** Pseudo-HU of everything except the vessels of the lungs. */
  readonly image: Float32Array;
  /** Fraction of each pixel that is lung. */
  readonly lung: Float32Array;
  /** Depth of each pixel inside the chest wall, in sides of the plane. */
  readonly wallDepth: Float32Array;
  /** Fraction of each pixel that is vessel. */
  readonly vessels: Float32Array;
}

/** Half the thickness of a slice. */
const HALF_SLICE = 0.011;

/** The inside of the chest at a level; it narrows towards the top. */
function cavityAt(patient: Patient, level: number): Ellipse {
  const top = Math.max(0, (level - 0.6) / 0.4);
  const { a, b, y } = patient.cavity;
  return { x: 0, y, a: a * (1 - 0.3 * top ** 1.5), b: b * (1 - 0.25 * top ** 1.5) };
}

/** Half the width of the mediastinum from the front (`v` = -1) to the back (1). */
function mediastinumHalfWidth(v: number): number {
  const at = [-1.1, -0.65, -0.2, 0.25, 0.65, 1.1];
  const width = [0.006, 0.03, 0.075, 0.062, 0.05, 0.075];
  for (let i = 1; i < at.length; i++) {
    if (v < at[i]) {
      const t = Math.max(0, (v - at[i - 1]) / (at[i] - at[i - 1]));
      const s = t * t * (3 - 2 * t);
      return width[i - 1] + s * (width[i] - width[i - 1]);
    }
  }
  return width[width.length - 1];
}

/** The organs at a level from the base (0) to the top (1). */
function organsAt(patient: Patient, level: number, cavity: Ellipse) {
  const { heart, mediastinum, spine } = patient;
  const heartSize = heart * Math.max(0, 1 - ((level - 0.27) / 0.3) ** 2) ** 0.5;
  const dome = (height: number) => Math.max(0, 1 - level / height) ** 0.55;
  const y = cavity.y;
  return {
    heart: { x: 0.055, y: y - 0.07, a: 0.145 * heartSize, b: 0.115 * heartSize, angle: 0.5 },
    vessels: { x: 0.01, y: y - 0.05, a: 0.075 * mediastinum, b: 0.085 },
    spine: {
      x: spine.x,
      y: y + cavity.b * spine.depth,
      a: 0.062 * spine.scale,
      b: 0.068 * spine.scale,
    },
    aorta: { x: 0.045, y: y + cavity.b * 0.52, a: 0.034 * mediastinum, b: 0.034 * mediastinum },
    liver: { x: -0.19, y: y + 0.01, a: 0.19 * dome(0.3), b: 0.21 * dome(0.3) },
    stomach: { x: 0.2, y: y - 0.02, a: 0.16 * dome(0.2), b: 0.17 * dome(0.2) },
  };
}

/** Paints ribs, breastbone and shoulder blades. */
function paintBones(
  image: Float32Array,
  size: number,
  patient: Patient,
  level: number,
  cavity: Ellipse,
  edge: number,
): void {
  const marrow = patient.bone * 0.6;
  const rim = { width: 0.006, value: patient.bone };
  const phase = level * 23 + (patient.seed % 997);
  for (const side of [-1, 1]) {
    for (let rib = 0; rib < 6; rib++) {
      // From the breastbone round to the spine; the positions of ribs depend on the level.
      const angle = -1.25 + (rib + 0.35 * Math.sin(phase + rib * 2.1 + side)) * 0.5;
      const x = side * (cavity.a + 0.018) * Math.cos(angle);
      const y = cavity.y + (cavity.b + 0.018) * Math.sin(angle);
      const tangent = Math.atan2(
        (cavity.b + 0.02) * Math.cos(angle),
        -side * (cavity.a + 0.02) * Math.sin(angle),
      );
      const length = 0.022 + 0.022 * Math.abs(Math.sin(phase * 1.7 + rib));
      paintEllipse(image, size, { x, y, a: length, b: 0.0115, angle: tangent }, marrow, edge, rim);
    }
    if (level > 0.55) {
      const blade = {
        x: side * (cavity.a * 0.78 + 0.03),
        y: cavity.y + cavity.b + 0.055,
        a: 0.075,
        b: 0.008,
        angle: side * -0.45,
      };
      paintEllipse(image, size, blade, patient.bone * 0.8, edge);
    }
  }
  const sternum = { x: 0.005, y: cavity.y - cavity.b - 0.024, a: 0.045, b: 0.014 };
  paintEllipse(image, size, sternum, marrow, edge, rim);
}

/** Paints the vertebra with its canal and processes. */
function paintVertebra(
  image: Float32Array,
  size: number,
  patient: Patient,
  spine: Ellipse,
  edge: number,
): void {
  const marrow = patient.bone * 0.62;
  const rim = { width: 0.006, value: patient.bone };
  const { x, y } = spine;
  const k = patient.spine.scale;
  for (const side of [-1, 1]) {
    const process = {
      ...{ x: x + side * 0.055 * k, y: y + 0.055 * k, a: 0.045 * k, b: 0.013 * k },
      angle: side * 0.35,
    };
    paintEllipse(image, size, process, patient.bone * 0.85, edge, rim);
  }
  const ellipse = (down: number, a: number, b: number) => ({
    x,
    y: y + down * k,
    a: a * k,
    b: b * k,
  });
  paintEllipse(image, size, ellipse(0.085, 0.012, 0.04), patient.bone * 0.9, edge);
  paintEllipse(image, size, ellipse(0.055, 0.036, 0.03), patient.bone * 0.9, edge);
  paintEllipse(image, size, ellipse(0, 0.053, 0.044), marrow, edge, rim);
  paintEllipse(image, size, ellipse(0.056, 0.022, 0.02), 25, edge);
}

/** Paints the trachea, the two main bronchi below its fork and the lobar bronchi near the hilum. */
function paintAirways(image: Float32Array, size: number, level: number, y: number, edge: number) {
  const air = -1010;
  const wall = { width: 0.003, value: 20 };
  if (level > 0.6) {
    paintEllipse(image, size, { x: 0, y: y + 0.03, a: 0.027, b: 0.025 }, air, edge, wall);
  } else if (level > 0.38) {
    const spread = 0.03 + 0.16 * (0.6 - level);
    for (const side of [-1, 1]) {
      const bronchus = { x: side * spread, y: y + 0.035, a: 0.021, b: 0.014, angle: side * 0.35 };
      paintEllipse(image, size, bronchus, air, edge, wall);
    }
  }
}

/** Renders the vessels that cross a slice, as coverage. */
function renderVessels(patient: Patient, size: number, z: number): Float32Array {
  const mask = new Float32Array(size * size);
  for (const { from, to, radius } of patient.vessels) {
    const reach = HALF_SLICE + radius;
    const [low, high] = [z - reach, z + reach];
    const rise = to[2] - from[2];
    if (Math.max(from[2], to[2]) < low || Math.min(from[2], to[2]) > high) continue;
    const cut = (at: number) => (Math.abs(rise) < 1e-9 ? 0 : (at - from[2]) / rise);
    const [t0, t1] = rise >= 0 ? [cut(low), cut(high)] : [cut(high), cut(low)];
    const start = Math.abs(rise) < 1e-9 ? 0 : Math.min(1, Math.max(0, t0));
    const end = Math.abs(rise) < 1e-9 ? 1 : Math.min(1, Math.max(0, t1));
    const point = (t: number) =>
      [from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1])] as const;
    paintStroke(mask, size, point(start), point(end), radius);
  }
  return mask;
}

/**
 * Renders a patient's slice without lesions.
 *
 * @param level 0 at the base of the lungs, 1 at their top
 */
export function renderAnatomy(patient: Patient, size: number, level: number): Anatomy {
  const z = level * LUNG_HEIGHT;
  const pixels = size * size;
  const edge = Math.max(patient.blur, 0.6 / size);
  const cavity = cavityAt(patient, level);
  const organs = organsAt(patient, level, cavity);
  const body: Ellipse = { x: 0, ...patient.body };
  const seed = patient.seed;
  const unevenness = new Float32Array(pixels);
  addNoiseField(unevenness, size, { frequency: 9, amplitude: 0.0055, seed: seed + 101, z });
  const wide = makeNoiseField(size, { frequency: 3.5, octaves: 2, seed: seed + 201, z });
  const fatMix = makeNoiseField(size, { frequency: 11, octaves: 2, seed: seed + 301, z });
  const grain = makeNoiseField(size, { frequency: 34, octaves: 3, seed: seed + 401, z });

  const image = new Float32Array(pixels);
  const lung = new Float32Array(pixels);
  const wallDepth = new Float32Array(pixels);
  const parenchyma = new Float32Array(pixels);
  for (let row = 0; row < size; row++) {
    const y = (row + 0.5) / size - 0.5;
    const halfWidth = patient.mediastinum * mediastinumHalfWidth((y - cavity.y) / cavity.b);
    for (let col = 0; col < size; col++) {
      const i = row * size + col;
      const x = (col + 0.5) / size - 0.5;
      const bodyDistance = chestDistance(body, x, y);
      if (bodyDistance > edge) {
        image[i] = patient.outsideAir;
        continue;
      }
      const wall = chestDistance(cavity, x, y) + unevenness[i];
      wallDepth[i] = -wall;
      let tissue: number;
      if (wall > 0) {
        const muscle = coverage(wall - 0.036 - 0.012 * fatMix[i], 0.004);
        const skin = coverage(-bodyDistance - 0.005, 0.003);
        tissue = patient.fat + 6 * grain[i];
        tissue +=
          max(muscle * coverage(0.3 - fatMix[i] - muscle, 0.9), skin) * (patient.muscle - tissue);
      } else {
        tissue = patient.muscle - 10 + (fatMix[i] > 0.9 ? patient.fat - patient.muscle : 0);
      }
      image[i] = patient.outsideAir + coverage(bodyDistance, edge) * (tissue - patient.outsideAir);
      if (wall > edge) continue;
      const bent = x - patient.tilt * (y - cavity.y);
      const inner = min(
        abs(bent) - halfWidth,
        ellipseDistance(organs.vessels, x, y),
        ellipseDistance(organs.spine, x, y),
        ellipseDistance(organs.aorta, x, y),
        organs.heart.a > 0.02 ? ellipseDistance(organs.heart, x, y) : 1,
      );
      let share = coverage(max(wall, 1.6 * unevenness[i] - inner), edge);
      for (const dome of [organs.liver, organs.stomach]) {
        // The slice cuts a dome at an angle, so its edge is wide.
        if (dome.a > 0.01)
          share *= 1 - coverage(ellipseDistance(dome, x, y) + 2 * unevenness[i], 0.012);
      }
      lung[i] = share;
      parenchyma[i] =
        patient.lung +
        patient.lungGradient * ((y - cavity.y) / cavity.b) +
        28 * wide[i] +
        patient.lungTexture * grain[i];
    }
  }
  paintBones(image, size, patient, level, cavity, edge);
  paintVertebra(image, size, patient, organs.spine, edge);
  paintAirways(image, size, level, cavity.y, edge);
  for (let i = 0; i < pixels; i++) image[i] += lung[i] * (parenchyma[i] - image[i]);
  return { image, lung, wallDepth, vessels: renderVessels(patient, size, z) };
}
