/** A path's last component, `b.nii` of `a/b.nii`; written out since a browser has no `node:path`. */
export function baseName(path: string): string {
  return (
    path
      .replace(/[/\\]+$/, "")
      .split(/[/\\]/)
      .at(-1) ?? path
  );
}
