import { readFileSync } from "node:fs";
import path from "node:path";
import { foldersIn, requireFolder, unsupported } from "./folder.ts";
import { type Description, emptySource, fieldsOf, listOf, readSidecar, type Source, textOf } from "./source.ts";
import { readXmp } from "./xmp.ts";

/**
 * Reads a folder of Immich: pictures with XMP sidecars (`a.jpg.xmp` or `a.xmp`), as Immich keeps them, and with the JSON
 * that `immich-go archive` writes beside them.
 */
export function readImmichFolder(place: string): Source {
	const source = emptySource();
	const { losses } = source;
	for (const folder of foldersIn(requireFolder(place, "the folder of the pictures"), losses)) {
		const others = new Map(folder.others.map((name) => [name.toLowerCase(), name]));
		const unused = new Set(folder.others.filter((name) => !name.startsWith(".")));
		const take = (name: string): string | null => {
			const found = others.get(name.toLowerCase());
			if (!found) return null;
			unused.delete(found);
			return path.join(folder.path, found);
		};
		for (const picture of folder.pictures) {
			const name = path.basename(picture.path);
			const description: Description = { tags: [], albums: [], favorite: false, note: null, takenAt: null };
			const json = take(`${name}.json`);
			const isTrashed = json !== null && addJson(description, json, picture.path, source);
			const xmp = take(`${name}.xmp`) ?? take(`${path.parse(name).name}.xmp`);
			if (xmp) addXmp(description, xmp, picture.path, source);
			if (isTrashed) losses.add("was in Immich's bin", picture.path);
			else source.pictures.push({ ...picture, description });
		}
		for (const name of unused) {
			const isSidecar = /\.(xmp|json)$/i.test(name);
			losses.add(isSidecar ? "a sidecar without its picture" : unsupported(name), path.join(folder.path, name));
		}
	}
	return source;
}

/** Adds what immich-go wrote. @returns whether the picture was in the bin */
function addJson(description: Description, file: string, picture: string, { losses, albumDescriptions }: Source) {
	try {
		const json = readSidecar(file);
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
		losses.add(`a sidecar that is no JSON (${(error as Error).message})`, file);
		return false;
	}
}

/** Adds what the JSON does not say. */
function addXmp(description: Description, file: string, picture: string, { losses }: Source): void {
	try {
		const xmp = readXmp(readFileSync(file, "utf8"));
		if (description.tags.length === 0) description.tags = xmp.tags;
		description.note ??= xmp.description;
		if (xmp.takenAt) description.takenAt ??= { at: xmp.takenAt, isFallback: false };
		if (xmp.hasRating) losses.add("ratings are not carried", picture);
	} catch (error) {
		losses.add(`a sidecar that is no XMP (${(error as Error).message})`, file);
	}
}
