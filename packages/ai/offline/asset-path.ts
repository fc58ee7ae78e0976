import { existsSync } from "node:fs";
import { join } from "node:path";

/** A file that is read at run time: where it is in the repository, and its name in the folder beside a bundle. */
export interface Asset {
	from: string;
	name: string;
}

/** Returns a file's path: beside the bundle where there is one (its chunks may lie a folder deeper), else in the repository. */
export function assetPath(folder: string, { from, name }: Asset): string {
	const here = import.meta.dirname;
	const bundled = [join(here, folder, name), join(here, "..", folder, name)];
	return bundled.find((path) => existsSync(path)) ?? join(here, "../../..", from);
}
