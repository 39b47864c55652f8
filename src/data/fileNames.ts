/** A path's last name, `b.nii` of `a/b.nii`; by hand, since a browser has no `node:path`. */
export function baseName(path: string): string {
  return (
    path
      .replace(/[/\\]+$/, "")
      .split(/[/\\]/)
      .at(-1) ?? path
  );
}
