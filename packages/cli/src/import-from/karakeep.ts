import path from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { isPictureName } from "../../../client/index.ts";
import { exitCodes, Failure } from "../failure.ts";
import { openTree } from "./open-tree.ts";
import {
	emptySource,
	fieldsOf,
	type Losses,
	listOf,
	type ReadOptions,
	readIndex,
	type Source,
	textOf,
} from "./source.ts";
import type { ExportFile } from "./tree.ts";

/** An asset as `assets/index.json` lists it. */
interface Asset {
	id: string;
	kind: string;
	contentType: string;
	fileName: string | null;
	bookmarkId: string;
	filePath: string;
}

/** The kinds of assets that are the person's own pictures. */
const ownPictures = ["bookmarkAsset", "userUploaded", "screenshot"];
/** The reasons why the other kinds are left. */
const otherAssets: Record<string, string> = {
	assetScreenshot: "a PDF's preview is no picture of yours",
	bannerImage: "a link's banner is no picture of yours",
	linkHtmlContent: "saved web pages are not taken",
	fullPageArchive: "saved web pages are not taken",
	precrawledArchive: "saved web pages are not taken",
	pdf: "PDFs are not taken",
	video: "videos are not taken",
};

/**
 * Reads what `karakeep dump` makes, packed or unpacked: pictures that were saved, attached, or taken of a link's page. Lists
 * become albums; a title and a link's address stand in the note.
 */
export async function readKarakeep(places: string[], { signal, onRead }: ReadOptions): Promise<Source> {
	const source = emptySource();
	const { losses } = source;
	const dump = await openDump(places, { losses, signal });
	const assets = await assetsIn(dump);
	const albums = await albumsIn(dump, source);
	const bookmarks = dump.file("bookmarks/index.jsonl");
	if (!bookmarks) {
		throw new Failure(`${dump.place} has no bookmarks: make it without --exclude-bookmarks.`, exitCodes.usage);
	}
	let at = 0;
	for await (const line of createInterface({ input: Readable.from(bookmarks.content()), signal })) {
		at++;
		if (!line) continue;
		const bookmark = bookmarkOf(line);
		const id = bookmark && textOf(bookmark.id);
		if (!bookmark || !id) {
			losses.add("a line of bookmarks/index.jsonl that is no bookmark", `line ${at}`);
			continue;
		}
		const content = fieldsOf(bookmark.content);
		const title = textOf(bookmark.title) ?? textOf(content.title);
		const name = title ?? textOf(content.fileName) ?? textOf(content.url) ?? id;
		const created = textOf(bookmark.createdAt);
		const described = {
			tags: listOf(bookmark.tags).flatMap((tag) => textOf(fieldsOf(tag).name) ?? []),
			albums: albums.get(id) ?? [],
			favorite: bookmark.favourited === true,
			note:
				[title, textOf(content.url) ?? textOf(content.sourceUrl), textOf(bookmark.note)]
					.filter((part) => part !== null)
					.join("\n") || null,
			takenAt: created ? { at: created, isFallback: true } : null,
		};
		let pictures = 0;
		for (const asset of assets.get(id) ?? []) {
			const assetName = asset.fileName ?? `${asset.kind} of ${name}`;
			const isPicture = ownPictures.includes(asset.kind) && asset.contentType.startsWith("image/");
			const found = isPicture
				? dump.find(asset.filePath)
				: { reason: otherAssets[asset.kind] ?? `${asset.contentType || asset.kind} is not taken` };
			if ("reason" in found) {
				losses.add(found.reason, assetName);
				continue;
			}
			pictures++;
			const filename = filenameOf(asset);
			source.pictures.push({ ...found, filename, label: assetName, description: described });
		}
		onRead(source.pictures.length);
		if (pictures > 0) {
			if (bookmark.archived === true) losses.add("archived there: Collections has no archive", name);
		} else losses.add(`a bookmark (${textOf(content.type) ?? "unknown"}) without a picture`, name);
	}
	return source;
}

const without = "Karakeep's other exports, and its backups, have no pictures.";

/** A dump, wherever in the place its files are. */
interface Dump {
	place: string;
	find(name: string): ExportFile | { reason: string };
	file(name: string): ExportFile | null;
}

/** @throws Failure where it is no dump, and says how to make one */
async function openDump(places: string[], options: { losses: Losses; signal: AbortSignal }): Promise<Dump> {
	const place = places.join(", ");
	const tree = await openTree(places, `what \`karakeep dump\` makes. ${without}`, options);
	for (const { path: folder, others } of tree.folders()) {
		const manifest = others.find(({ name }) => name === "manifest.json");
		if (!manifest) continue;
		const { format, version } = fieldsOf(await readIndex(manifest));
		if (format !== "karakeep.dump") continue;
		if (version !== 1) {
			throw new Failure(`${place} is a dump of version ${version}: only version 1 is known here.`, exitCodes.usage);
		}
		const find = (name: string) => tree.find(name, folder);
		return {
			place,
			find,
			file(name) {
				const found = find(name);
				return "reason" in found ? null : found;
			},
		};
	}
	throw new Failure(
		`${place} is no dump of Karakeep: make one with \`karakeep dump\` (npm: @karakeep/cli). ${without}`,
		exitCodes.usage,
	);
}

/** Reads the index of assets by their bookmarks. @throws Failure where the dump was made without them */
async function assetsIn(dump: Dump): Promise<Map<string, Asset[]>> {
	const index = dump.file("assets/index.json");
	if (!index) throw new Failure(`${dump.place} has no assets: make it without --exclude-assets.`, exitCodes.usage);
	const byBookmark = new Map<string, Asset[]>();
	for (const entry of listOf(await readIndex(index)).map(fieldsOf)) {
		const [id, bookmarkId, filePath] = [textOf(entry.id), textOf(entry.bookmarkId), textOf(entry.filePath)];
		if (!id || !bookmarkId || !filePath) continue; // an avatar, which is of no bookmark
		const asset: Asset = {
			id,
			kind: textOf(entry.assetType) ?? "unknown",
			contentType: textOf(entry.contentType) ?? "",
			fileName: textOf(entry.fileName),
			bookmarkId,
			filePath,
		};
		byBookmark.set(bookmarkId, [...(byBookmark.get(bookmarkId) ?? []), asset]);
	}
	return byBookmark;
}

/** Reads lists as albums of bookmarks; one below another is named `Recipes / Soups`. */
async function albumsIn(dump: Dump, { albumDescriptions, losses }: Source): Promise<Map<string, string[]>> {
	const byBookmark = new Map<string, string[]>();
	const [index, membership] = [dump.file("lists/index.json"), dump.file("lists/membership.json")];
	if (!index || !membership) return byBookmark;
	const lists = new Map(listOf(await readIndex(index)).map((list) => [String(fieldsOf(list).id), fieldsOf(list)]));
	const nameOf = (id: string, below: readonly string[] = []): string => {
		const list = lists.get(id);
		const parent = textOf(list?.parentId);
		const name = textOf(list?.name) ?? id;
		const isRound = below.includes(id);
		return parent && lists.has(parent) && !isRound ? `${nameOf(parent, [...below, id])} / ${name}` : name;
	};
	for (const [id, list] of lists) {
		if (list.type === "smart") losses.add("smart lists are not carried", nameOf(id));
		const description = textOf(list.description);
		if (description) albumDescriptions.set(nameOf(id), description);
	}
	for (const [id, bookmarks] of Object.entries(fieldsOf(await readIndex(membership)))) {
		for (const bookmark of listOf(bookmarks).map(String)) {
			byBookmark.set(bookmark, [...(byBookmark.get(bookmark) ?? []), nameOf(id)]);
		}
	}
	return byBookmark;
}

/** A line that is cut off is no bookmark. */
function bookmarkOf(line: string): Record<string, unknown> | null {
	try {
		return fieldsOf(JSON.parse(line));
	} catch {
		return null;
	}
}

/** The name that the picture had, with an extension of what it is: in the dump it is called by its id. */
function filenameOf({ id, fileName, contentType }: Asset): string {
	const name = path.basename(fileName ?? id);
	return isPictureName(name) ? name : `${name}.${contentType.slice("image/".length).replace("jpeg", "jpg")}`;
}
