import { openTree } from "./open-tree.ts";
import { emptySource, type Source, unsupported } from "./source.ts";

/** Reads a folder of screenshots. The service reads their times from their names: `Screenshot 2024-03-01 at 10.22.33.png`. */
export async function readScreenshots(places: string[], { signal }: { signal: AbortSignal }): Promise<Source> {
	const source = emptySource();
	const tree = await openTree(places, "the folder of the screenshots.", { losses: source.losses, signal });
	for (const { pictures, others } of tree.folders()) {
		for (const picture of pictures) {
			const description = { tags: [], albums: [], favorite: false, note: null, takenAt: null };
			source.pictures.push({ ...picture, description });
		}
		for (const { name } of others) if (!name.startsWith(".")) source.losses.add(unsupported(name), name);
	}
	return source;
}
