import path from "node:path";
import { openTree } from "./open-tree.ts";
import {
	type Description,
	emptySource,
	fieldsOf,
	type Losses,
	listOf,
	type ReadOptions,
	readSidecar,
	type Source,
	type SourceTime,
	textOf,
	unsupported,
} from "./source.ts";
import type { ExportFile } from "./tree.ts";

/** The folders that Google makes of every year, which are no albums of the person. */
const yearFolder = /^(?:Photos from|Photos de|Fotos von|Fotos de|Foto del|Foto dal|Foto's uit) \d{4}$/;

/** Reads a Google Takeout: a sidecar beside each picture, and in the folder of an album its title. */
export async function readTakeout(places: string[], { signal, onRead }: ReadOptions): Promise<Source> {
	const source = emptySource();
	const { losses } = source;
	const tree = await openTree(places, "the folder Takeout, or its ZIP files.", { losses, signal });
	let sidecars = 0;
	for (const folder of tree.folders()) {
		signal.throwIfAborted();
		const { album, byName } = await jsonOf(folder.others, source);
		sidecars += byName.size;
		const unused = new Set(byName.values());
		for (const picture of folder.pictures) {
			const found = sidecarOf(picture.name, byName);
			if (found) unused.delete(found);
			else losses.add("has no sidecar: sent without a description", picture.path);
			if (found?.fields.trashed === true) losses.add("was in Google's bin", picture.path);
			else source.pictures.push({ ...picture, description: describe(found?.fields, album, picture.path, losses) });
		}
		for (const { name, path: file } of folder.others) {
			if (isJson(name) || name.endsWith(".html")) continue;
			const found = sidecarOf(name, byName);
			if (found) unused.delete(found);
			losses.add(unsupported(name), file);
		}
		for (const { path: file } of unused) losses.add("a sidecar without its picture", file);
		onRead(source.pictures.length);
	}
	if (sidecars === 0) losses.add("no sidecar of Google Photos is there: is it a Takeout?", places.join(", "));
	return source;
}

const isJson = (name: string) => name.toLowerCase().endsWith(".json");

interface Sidecar {
	path: string;
	fields: Record<string, unknown>;
}

/** Reads the JSON of a folder: the album that it is, and the sidecars by their names without `.json`. */
async function jsonOf(files: readonly ExportFile[], { albumDescriptions, losses }: Source) {
	let album: string | null = null;
	const byName = new Map<string, Sidecar>();
	for (const file of files.filter(({ name }) => isJson(name))) {
		try {
			const json = await readSidecar(file);
			if (json.photoTakenTime || json.creationTime) {
				byName.set(file.name.slice(0, -".json".length), { path: file.path, fields: json });
				continue;
			}
			// Exports of before 2020 have it one level deeper.
			const fields = json.albumData ? fieldsOf(json.albumData) : json;
			const title = textOf(fields.title);
			if (!title || !("date" in fields || "access" in fields) || yearFolder.test(title)) continue;
			album = title;
			const description = textOf(fields.description);
			if (description) albumDescriptions.set(title, description);
		} catch (error) {
			losses.add(`a sidecar that is no JSON (${(error as Error).message})`, file.path);
		}
	}
	return { album, byName };
}

/** Google's own limit of a sidecar's name, without `.json` and a counter. */
const maxSidecarName = 46;
const counter = /\((\d+)\)$/;
/** Ends the name of an edited picture, in the languages of its users. */
const edited = /-(?:edited|bearbeitet|modifié|editado|modificato|bewerkt|edytowane|編集済み)$/u;

/**
 * Finds the sidecar of `IMG_1.jpg`: `IMG_1.jpg.supplemental-metadata`, cut anywhere behind the picture's name (or within it,
 * where that is longer than 46 characters), or `IMG_1.jpg` alone, as exports of before 2024 have it. The counter of
 * `IMG_1(2).jpg` stands at the end of its sidecar's name. An edited picture has that of its original.
 */
export function sidecarOf<T>(picture: string, byName: ReadonlyMap<string, T>): T | undefined {
	const { name: stem, ext } = path.parse(picture);
	const [suffix = ""] = counter.exec(stem) ?? [];
	const plain = suffix ? stem.slice(0, -suffix.length) : stem;
	const found =
		cutName(picture, "", byName) ?? (suffix ? cutName(plain + ext, suffix, byName) : undefined) ?? byName.get(stem);
	if (found || !edited.test(plain)) return found;
	return sidecarOf(plain.replace(edited, "") + suffix + ext, byName);
}

function cutName<T>(name: string, suffix: string, byName: ReadonlyMap<string, T>): T | undefined {
	const whole = `${name}.supplemental-metadata`;
	for (let length = whole.length; length >= Math.min(name.length, maxSidecarName); length--) {
		const found = byName.get(whole.slice(0, length) + suffix);
		if (found) return found;
	}
	return undefined;
}

function describe(
	sidecar: Sidecar["fields"] | undefined,
	album: string | null,
	name: string,
	losses: Losses,
): Description {
	const albums = album ? [album] : [];
	if (!sidecar) return { tags: [], albums, favorite: false, note: null, takenAt: null };
	if (sidecar.archived === true) losses.add("archived there: Collections has no archive", name);
	if (listOf(sidecar.people).length > 0) losses.add("names of people are not carried", name);
	if (hasPlace(sidecar.geoData) && !hasPlace(sidecar.geoDataExif)) {
		losses.add("a place that the file itself does not have", name);
	}
	return {
		tags: [],
		albums,
		favorite: sidecar.favorited === true,
		note: textOf(sidecar.description),
		takenAt: timeOf(sidecar.photoTakenTime),
	};
}

const hasPlace = (place: unknown) => {
	const { latitude, longitude } = fieldsOf(place);
	return Boolean(latitude || longitude);
};

/** Reads the instant: Google says nothing of the clock of whoever took it. */
function timeOf(time: unknown): SourceTime | null {
	const seconds = Number(fieldsOf(time).timestamp);
	if (!Number.isFinite(seconds) || seconds === 0) return null;
	const date = new Date(seconds * 1_000);
	if (Number.isNaN(date.getTime())) return null;
	return { at: date.toISOString(), isFallback: false };
}
