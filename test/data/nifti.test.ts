import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { DataError } from "../../src/core/errors";
import { axisCodes } from "../../src/data/affine";
import type { PlacementIssue } from "../../src/data/nifti/placementIssue";
import { readNifti, readNiftiLabels } from "../../src/data/nifti/readNifti";
import { writeNifti } from "../../src/data/nifti/writeNifti";
import type { Volume } from "../../src/data/types";
import golden from "../golden/nifti.json";
import { refusal } from "../support/refusal";
import { tempFolder } from "../support/tempFolder";

const folder = tempFolder();

function temp(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** A valid int16 file of 3 x 5 x 2 voxels, with some bytes changed. */
function soundFile(edit: (view: DataView, bytes: Uint8Array) => void = () => {}): Uint8Array {
  const wanted = golden.cases.find(({ name }) => name === "int16, little");
  const bytes = new Uint8Array(Buffer.from(wanted?.file ?? "", "base64"));
  edit(new DataView(bytes.buffer), bytes);
  return bytes;
}

let warnings: jest.SpyInstance;
beforeEach(() => {
  warnings = jest.spyOn(console, "warn").mockImplementation(() => undefined);
});
afterEach(() => {
  warnings.mockRestore();
});

describe("readNifti", () => {
  it.each(golden.cases)("equals nibabel: $name", async (wanted) => {
    const path = temp("golden.nii", Buffer.from(wanted.file, "base64"));
    const volume = await readNifti(path);
    expect(volume.shape).toEqual(wanted.shape);
    expect(axisCodes(volume.affine)).toBe(wanted.axes);
    wanted.data.forEach((value, i) => {
      expect(Math.abs(volume.data[i] - value)).toBeLessThanOrEqual(1e-6 * Math.abs(value));
    });
    wanted.affine.forEach((value, i) => expect(volume.affine[i]).toBeCloseTo(value, 4));
    wanted.spacing.forEach((value, i) => expect(volume.spacingMm[i]).toBeCloseTo(value, 5));
  });

  it.each(golden.cases)(
    "says what is doubtful about the place, as nibabel has it: $name",
    async (wanted) => {
      const issues: PlacementIssue[] = [];
      const path = temp("golden.nii", Buffer.from(wanted.file, "base64"));
      await readNifti(path, { unit: "HU", onPlacementIssue: (issue) => issues.push(issue) });
      expect(warnings).not.toHaveBeenCalled();
      if (wanted.doubt === "unplaced") {
        expect(issues).toEqual([{ kind: "unplaced", source: path }]);
      } else if (typeof wanted.doubt === "number" && wanted.doubt > 0.1) {
        expect(issues).toEqual([
          { kind: "formsDiffer", mm: expect.closeTo(wanted.doubt, 3) as number, source: path },
        ]);
      } else {
        expect(issues).toEqual([]);
      }
    },
  );

  it("warns about a doubtful position of images and masks", async () => {
    const fileOf = (name: string) =>
      Buffer.from(golden.cases.find((one) => one.name === name)?.file ?? "", "base64");
    await readNiftiLabels(temp("mask.nii", fileOf("neither form")));
    await readNifti(temp("scan.nii", fileOf("2D")), { unit: "grey8" });
    // An sform whose voxel size differs from pixdim, without a qform.
    const bytes = fileOf("axes in another order");
    bytes.writeInt16LE(0, 252);
    bytes.writeFloatLE(0.7, 80);
    await readNifti(temp("sizes.nii", bytes), { unit: "grey8" });
    expect(warnings.mock.calls.flat()).toEqual([
      expect.stringMatching(/^mask\.nii: the header states no place .*left and right.* a guess/),
      expect.stringMatching(
        /^scan\.nii: sform and qform put its corners up to 59\.18 mm apart; the sform/,
      ),
      expect.stringMatching(/^sizes\.nii: pixdim states voxels of 0\.7 x .* mm and sform has /),
    ]);
  });

  it("guesses the unit", async () => {
    const unit = async (data: Float32Array) => {
      const shape = [data.length, 1, 1] as const;
      const path = join(folder, "unit.nii");
      await writeNifti(path, { ...asVolume(data), shape });
      const bytes = readFileSync(path);
      bytes.fill(0, 148, 228); // without the note
      return (await readNifti(temp("unit.nii", bytes))).unit;
    };
    const ramp = (low: number, high: number) =>
      Float32Array.from({ length: 400 }, (_, i) => low + ((high - low) * i) / 399);
    expect(await unit(ramp(0, 1))).toBe("normalised");
    expect(await unit(ramp(0, 255))).toBe("grey8");
    expect(await unit(ramp(-1024, 1500))).toBe("HU");
    expect(await unit(ramp(-1600, 600))).toBe("pseudo-HU");
    const padded = ramp(-1024, 1500);
    padded.fill(-2000, 0, 120);
    expect(await unit(padded)).toBe("HU");
    expect(await unit(ramp(-0.02, 1.03))).toBe("normalised"); // interpolated
    expect(await unit(ramp(-3, 3))).toBe("arbitrary"); // z-scores
    expect(await unit(ramp(0, 4))).toBe("arbitrary");
  });

  it("warns that the unit was guessed, unless it is given or stated", async () => {
    const bytes = soundFile((view) => view.setInt16(254, 0, true)); // one form
    await readNifti(temp("scan.nii", bytes));
    expect(warnings).toHaveBeenCalledTimes(1);
    expect(warnings).toHaveBeenCalledWith(
      expect.stringMatching(/^scan.nii: values from .* are read as HU; set unit \(--unit\)/),
    );
    const guesses: unknown[] = [];
    await readNifti(temp("scan.nii", bytes), { onUnitGuess: ({ unit }) => guesses.push(unit) });
    expect(guesses).toEqual(["HU"]);
    expect((await readNifti(temp("scan.nii", bytes), { unit: "arbitrary" })).unit).toBe(
      "arbitrary",
    );
    const unnoted = { unnotedUnit: "normalised" } as const;
    expect((await readNifti(temp("scan.nii", bytes), unnoted)).unit).toBe("normalised");
    const path = join(folder, "noted.nii");
    await writeNifti(path, asVolume(Float32Array.of(-3, 3)));
    expect((await readNifti(path)).unit).toBe("HU");
    expect((await readNifti(path, unnoted)).unit).toBe("HU");
    expect(warnings).toHaveBeenCalledTimes(1);
  });

  it("reports the number of voxels that are not numbers", async () => {
    const path = join(folder, "holes.nii");
    await writeNifti(path, asVolume(Float32Array.of(-1000, NaN, Infinity, 40)));
    expect(Array.from((await readNifti(path)).data)).toEqual([-1000, NaN, Infinity, 40]);
    expect(warnings.mock.calls.flat()).toEqual([
      "holes.nii: 2 voxels are not numbers (NaN or infinite); NaN is treated as black",
    ]);
  });

  it("counts the decoded voxels too, before allocating", async () => {
    // 3 x 5 x 2 voxels of int16: 60 bytes as stored, 120 as float32.
    const path = temp("scan.nii", soundFile());
    expect(await refusal(readNifti(path, { maxBytes: 179 }))).toMatch(
      /dim \(byte 40\): expected a volume that takes at most 179 bytes of memory, got 180 \(3 x 5 x 2 of int16, decoded as image\)/,
    );
    expect((await readNifti(path, { maxBytes: 180 })).data).toHaveLength(30);
  });

  it("rejects a small gzip that inflates to 4 GiB, by its header", async () => {
    const head = soundFile((view) => {
      [2047, 2047, 1025].forEach((size, axis) => view.setInt16(42 + 2 * axis, size, true));
      view.setInt16(70, 2, true); // uint8: less than 4 GiB as stored, 16 more as float32
      view.setInt16(72, 8, true);
    }).subarray(0, 352);
    const noise = Buffer.from(Array.from({ length: 4_400_000 }, (_, i) => (i * 2654435761) >>> 24));
    const path = temp("bomb.nii.gz", Buffer.concat([gzipSync(head), noise]));
    const before = process.memoryUsage().rss;
    expect(await refusal(readNifti(path))).toMatch(
      /at most 4294967296 bytes of memory, got 21474821125/,
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * 2 ** 20);
  });
});

/** A row of voxels. */
function asVolume(data: Float32Array): Volume {
  const affine = [-0.7, 0, 0, 3, 0, -0.7, 0, 4, 0, 0, 5, 5, 0, 0, 0, 1];
  return {
    shape: [data.length, 1, 1],
    data,
    affine,
    spacingMm: [0.7, 0.7, 5],
    unit: "HU",
    source: "",
  };
}

describe("writeNifti", () => {
  it("writes files that are read back unchanged, with any affine", async () => {
    const rotations = golden.cases.map(({ affine }) => affine);
    for (const [index, affine] of rotations.entries()) {
      const path = join(folder, `back${index}.nii.gz`);
      const volume = {
        ...asVolume(Float32Array.of(1.5, -2, 3)),
        affine,
        unit: "pseudo-HU",
      } as const;
      await writeNifti(path, volume);
      const back = await readNifti(path);
      expect(Array.from(back.data)).toEqual([1.5, -2, 3]);
      expect(back.unit).toBe("pseudo-HU");
      affine.forEach((value, i) => expect(back.affine[i]).toBeCloseTo(value, 4));
    }
  });

  it("stores the same position as qform and sform", async () => {
    for (const { affine, name } of golden.cases) {
      const path = join(folder, "forms.nii");
      await writeNifti(path, { ...asVolume(Float32Array.of(1)), affine });
      const bytes = readFileSync(path);
      if (bytes.readInt16LE(252) === 0) {
        expect(name).not.toMatch(/diagonal|float|order/); // only the sheared grid has no quaternion
        continue;
      }
      bytes.writeInt16LE(0, 254); // leaves the qform alone
      const spacing = [80, 84, 88].map((byte) => bytes.readFloatLE(byte));
      const columns = [0, 1, 2].map((c) => Math.hypot(affine[c], affine[4 + c], affine[8 + c]));
      columns.forEach((size, axis) => bytes.writeFloatLE(size, 80 + 4 * axis));
      expect(spacing.every((size) => size > 0)).toBe(true);
      const back = await readNifti(temp("forms.nii", bytes));
      affine.forEach((value, i) => expect(back.affine[i]).toBeCloseTo(value, 3));
    }
  });

  it("rounds to int16 and rejects values out of range", async () => {
    const path = join(folder, "round.nii");
    await writeNifti(path, asVolume(Float32Array.of(1.4, -2.6)), { datatype: "int16" });
    expect(Array.from((await readNifti(path)).data)).toEqual([1, -3]);
    const message = await refusal(
      writeNifti(path, asVolume(Float32Array.of(1, 40000)), { datatype: "int16" }),
    );
    expect(message).toMatch(/voxel 1: expected a number from -32768 to 32767 \(int16\), got 40000/);
  });

  it("leaves no partial file if writing fails", async () => {
    await refusal(
      writeNifti(join(folder, "no", "shape.nii"), {
        ...asVolume(Float32Array.of(1)),
        shape: [2, 1, 1],
      }),
    );
    await refusal(writeNifti(join(folder, "name.txt"), asVolume(Float32Array.of(1))));
    expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
    expect(() => statSync(join(folder, "name.txt"))).toThrow();
  });
});

describe("readNiftiLabels", () => {
  it("rounds scaled values within 0.01 of an integer", async () => {
    const path = join(folder, "labels.nii");
    await writeNifti(path, asVolume(Float32Array.of(0.004, 0.996, 2.0099)));
    expect(Array.from((await readNiftiLabels(path)).data)).toEqual([0, 1, 2]);
    await writeNifti(path, asVolume(Float32Array.of(0.004, 0.98, 2)));
    expect(await refusal(readNiftiLabels(path))).toMatch(
      /voxel \[1, 0, 0\]: expected an integer label.*got 0.98\d*\. Is this the image, or a map of probabilities/,
    );
  });

  it("maps values to labels, and rejects a value without one", async () => {
    const path = join(folder, "labels.nii");
    await writeNifti(path, asVolume(Float32Array.of(0, 255, 1000, 255)));
    const labels = { 255: 1, 1000: 2 };
    expect(Array.from((await readNiftiLabels(path, { labels })).data)).toEqual([0, 1, 2, 1]);
    expect(await refusal(readNiftiLabels(path, { labels: { 255: 1 } }))).toMatch(
      /voxel \[2, 0, 0\]: expected one of the values 255, got 1000. Name every value .*--labels/,
    );
    expect(await refusal(readNiftiLabels(path))).toMatch(/got 1000. Map the values .*--labels/);
  });

  it("accepts labels saved as floats, and rejects an image", async () => {
    const path = join(folder, "labels.nii");
    await writeNifti(path, asVolume(Float32Array.of(0, 2, 3)));
    expect(Array.from((await readNiftiLabels(path)).data)).toEqual([0, 2, 3]);
    await writeNifti(path, asVolume(Float32Array.of(0, 2.5, 3)));
    expect(await refusal(readNiftiLabels(path))).toMatch(
      /voxel \[1, 0, 0\]: expected an integer label from 0 to 255, got 2.5/,
    );
  });
});

describe("bad NIfTI", () => {
  const spoiled: [string, Uint8Array, RegExp][] = [
    ["an empty file", new Uint8Array(0), /header of 348 bytes, got 0 bytes/],
    ["a cut header", soundFile().slice(0, 200), /header of 348 bytes, got 200 bytes/],
    ["cut voxels", soundFile().slice(0, 380), /dim \(byte 40\): .* got a file of 380 bytes/],
    ["text", Buffer.from("Notes of Tuesday\n".repeat(40)), /sizeof_hdr \(byte 0\): expected 348/],
    ["NIfTI-2", soundFile((v) => v.setInt32(0, 540, true)), /540 \(NIfTI-2\)/],
    ["a header-image pair", soundFile((_, b) => b.set([0x6e, 0x69, 0x31], 344)), /"ni1"/],
    ["no magic", soundFile((_, b) => b.fill(0, 344)), /magic \(byte 344\)/],
    ["no axes", soundFile((v) => v.setInt16(40, 0, true)), /dim\[0\] \(byte 40\)/],
    ["many axes", soundFile((v) => v.setInt16(40, 9, true)), /dim\[0\] \(byte 40\)/],
    ["a negative size", soundFile((v) => v.setInt16(44, -5, true)), /dim\[2\] \(byte 44\)/],
    [
      "4D",
      soundFile((v) => [v.setInt16(40, 4, true), v.setInt16(48, 7, true)]),
      /dim\[4\] \(byte 48\): expected a 2D or 3D image/,
    ],
    ["complex numbers", soundFile((v) => v.setInt16(70, 32, true)), /datatype \(byte 70\)/],
    [
      "voxels inside the header",
      soundFile((v) => v.setFloat32(108, 8, true)),
      /vox_offset \(byte 108\)/,
    ],
    ["voxels far away", soundFile((v) => v.setFloat32(108, 1e30, true)), /vox_offset \(byte 108\)/],
    ["an affine of zeros", soundFile((_, b) => b.fill(0, 280, 328)), /srow_x \(byte 280\)/],
    ["an affine that is no number", soundFile((v) => v.setFloat32(284, NaN, true)), /srow_x/],
    [
      "no voxel size",
      soundFile((v, b) => [b.fill(0, 252, 256), v.setFloat32(80, 0, true)]),
      /pixdim\[1\] \(byte 80\)/,
    ],
    [
      "no unit quaternion",
      soundFile((v) => [v.setInt16(254, 0, true), v.setFloat32(256, 3, true)]),
      /quatern_b \(byte 256\)/,
    ],
    [
      "an intercept that is no number",
      soundFile((v) => [v.setFloat32(112, 2, true), v.setFloat32(116, NaN, true)]),
      /scl_inter \(byte 116\)/,
    ],
    [
      "10 TB in 60 bytes of gzip",
      gzipSync(soundFile((v) => [42, 44, 46].forEach((byte) => v.setInt16(byte, 32767, true)))),
      /dim \(byte 40\): .*32767 x 32767 x 32767/,
    ],
    ["a cut .nii.gz", gzipSync(soundFile()).subarray(0, 120), /a complete gzip stream/],
    ["a damaged .nii.gz", damaged(gzipSync(soundFile())), /gzip stream|bytes of voxels|byte/],
  ];
  it.each(spoiled)("rejects %s, with file and field", async (_name, bytes, wanted) => {
    const path = temp("bad.nii.gz", bytes);
    const message = await refusal(readNifti(path));
    expect(message).toContain("bad.nii.gz");
    expect(message).toMatch(wanted);
  });

  it("rejects a missing file and a folder", async () => {
    expect(await refusal(readNifti(join(folder, "none.nii")))).toMatch(/nothing at that path/);
    expect(await refusal(readNifti(folder))).toMatch(/a folder/);
  });

  it("stops unpacking a bomb at the size stated in the header", async () => {
    const bomb = gzipSync(Buffer.concat([soundFile(), Buffer.alloc(100 * 2 ** 20)]));
    const before = process.memoryUsage().rss;
    const volume = await readNifti(temp("bomb.nii.gz", bomb));
    expect(volume.data).toHaveLength(30);
    expect(process.memoryUsage().rss - before).toBeLessThan(60 * 2 ** 20);
  });

  it("rejects a volume over the limit before unpacking it", async () => {
    const large = soundFile((v) => [42, 44, 46].forEach((byte) => v.setInt16(byte, 300, true)));
    const packed = gzipSync(Buffer.concat([large, Buffer.alloc(54e6)]));
    const path = temp("large.nii.gz", packed);
    expect(await refusal(readNifti(path, { maxBytes: 1e6 }))).toMatch(/at most 1000000 bytes/);
    expect((await readNifti(path)).data).toHaveLength(27e6);
  });

  it("gives a value or a DataError whatever byte is changed", async () => {
    const original = gunzipSync(gzipSync(soundFile()));
    await fc.assert(
      fc.asyncProperty(fc.nat(original.length - 1), fc.nat(255), async (at, value) => {
        const bytes = new Uint8Array(original);
        bytes[at] = value;
        const outcome = await readNifti(temp("mutated.nii", bytes)).catch((e: unknown) => e);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(DataError);
      }),
      { numRuns: 300 },
    );
  });
});

/** A compressed file whose middle is overwritten. */
function damaged(bytes: Buffer): Buffer {
  return Buffer.from(bytes.map((byte, i) => (i > 60 && i < 70 ? byte ^ 0xff : byte)));
}
