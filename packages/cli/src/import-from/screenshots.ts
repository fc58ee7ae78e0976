import { foldersIn, requireFolder, unsupported } from "./folder.ts";
import { emptySource, type Source } from "./source.ts";

/** Reads a folder of screenshots. The service reads their times from their names: `Screenshot 2024-03-01 at 10.22.33.png`. */
export function readScreenshots(place: string): Source {
	const source = emptySource();
	for (const { pictures, others } of foldersIn(requireFolder(place, "the folder of the screenshots"), source.losses)) {
		for (const picture of pictures) {
			const description = { tags: [], albums: [], favorite: false, note: null, takenAt: null };
			source.pictures.push({ ...picture, description });
		}
		for (const name of others) if (!name.startsWith(".")) source.losses.add(unsupported(name), name);
	}
	return source;
}
