import { packTar } from "modern-tar";
import type { Tar } from "#core/ports/index.ts";

/** Tar by a library that has no dependencies, streams, and bounds the headers of what it reads. */
export const tar: Tar = {
	pack: (files) =>
		packTar(
			files.map(({ path, bytes, modifiedAt }) => ({
				header: { name: path, size: bytes.length, mtime: modifiedAt, type: "file" },
				body: bytes,
			})),
		),
};
