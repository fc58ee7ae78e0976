import path from "node:path";
import { openTree } from "./open-tree.ts";
import {
	type Description,
	emptySource,
	fieldsOf,
	listOf,
	type ReadOptions,
	readSidecar,
	readText,
	type Source,
	textOf,
	unsupported,
} from "./source.ts";
import type { ExportFile } from "./tree.ts";
import { readXmp } from "./xmp.ts";

/**
 * Reads a folder of Immich: pictures with XMP sidecars (`a.jpg.xmp` or `a.xmp`), as Immich keeps them, and with the JSON
 * that `immich-go archive` writes beside them.
 */
export async function readImmichFolder(places: string[], { signal, onRead }: ReadOptions): Promise<Source> {
	const source = emptySource();
	const { losses } = source;
	const tree = await openTree(places, "the folder of the pictures.", { losses, signal });
	for (const folder of tree.folders()) {
		signal.throwIfAborted();
		const others = new Map(folder.others.map((file) => [file.name.toLowerCase(), file]));
		const unused = new Set(folder.others.filter(({ name }) => !name.startsWith(".")));
		const take = (name: string): ExportFile | null => {
			const found = others.get(name.toLowerCase());
			if (!found) return null;
			unused.delete(found);
			return found;
		};
		for (const picture of folder.pictures) {
			const { name } = picture;
			const description: Description = { tags: [], albums: [], favorite: false, note: null, takenAt: null };
			const json = take(`${name}.json`);
			const isTrashed = json !== null && (await addJson(description, json, picture.path, source));
			const xmp = take(`${name}.xmp`) ?? take(`${path.parse(name).name}.xmp`);
			if (xmp) await addXmp(description, xmp, picture.path, source);
			if (isTrashed) losses.add("was in Immich's bin", picture.path);
			else source.pictures.push({ ...picture, description });
		}
		for (const { name, path: file } of unused) {
			const isSidecar = /\.(xmp|json)$/i.test(name);
			losses.add(isSidecar ? "a sidecar without its picture" : unsupported(name), file);
		}
		onRead(source.pictures.length);
	}
	return source;
}

/** Adds what immich-go wrote. @returns whether the picture was in the bin */
async function addJson(
	description: Description,
	file: ExportFile,
	picture: string,
	{ losses, albumDescriptions }: Source,
): Promise<boolean> {
	try {
		const json = await readSidecar(file);
		for (const album of listOf(json.albums).map(fieldsOf)) {
			const [title, about] = [textOf(album.title), textOf(album.description)];
			if (title) description.albums.push(title);
			if (title && about) albumDescriptions.set(title, about);
		}
		description.tags = listOf(json.tags).flatMap((tag) => textOf(fieldsOf(tag).value) ?? []);
		description.favorite = json.favorited === true;
		description.note = textOf(json.description);
		const takenAt = textOf(json.dateTaken);
		if (takenAt) description.takenAt = { at: takenAt, isFallback: false };
		if (json.archived === true) losses.add("archived there: Collections has no archive", picture);
		if (Number(json.rating) > 0) losses.add("ratings are not carried", picture);
		return json.trashed === true;
	} catch (error) {
		losses.add(`a sidecar that is no JSON (${(error as Error).message})`, file.path);
		return false;
	}
}

/** Adds what the JSON does not say. */
async function addXmp(description: Description, file: ExportFile, picture: string, { losses }: Source): Promise<void> {
	try {
		const xmp = readXmp(await readText(file));
		if (description.tags.length === 0) description.tags = xmp.tags;
		description.note ??= xmp.description;
		if (xmp.takenAt) description.takenAt ??= { at: xmp.takenAt, isFallback: false };
		if (xmp.hasRating) losses.add("ratings are not carried", picture);
	} catch (error) {
		losses.add(`a sidecar that is no XMP (${(error as Error).message})`, file.path);
	}
}
