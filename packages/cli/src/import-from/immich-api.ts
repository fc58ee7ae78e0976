import { createHash } from "node:crypto";
import { isPictureName } from "../../../client/index.ts";
import { exitCodes, Failure } from "../failure.ts";
import { Unreadable } from "../upload/upload.ts";
import {
	emptySource,
	fieldsOf,
	listOf,
	type ReadOptions,
	type Source,
	type SourceTime,
	textOf,
	unsupported,
} from "./source.ts";
import { Spool } from "./spool.ts";

export interface ImmichOptions extends ReadOptions {
	key: string;
}

type Fields = Record<string, unknown>;

/**
 * Lists the pictures of an Immich server, version 2 or 3, with albums and tags. The key needs `asset.read`,
 * `asset.download`, `album.read` and `tag.read`. A picture is downloaded when its turn comes, and checked by Immich's SHA-1.
 */
export async function readImmich(address: string, { key, signal, onRead }: ImmichOptions): Promise<Source> {
	const immich = new Immich(address, key, signal);
	const source = emptySource();
	const { losses, albumDescriptions } = source;
	await immich.json("GET", "/users/me");
	const albums = new Map<string, string[]>();
	for (const album of listOf(await immich.json("GET", "/albums")).map(fieldsOf)) {
		const [name, id, description] = [textOf(album.albumName), textOf(album.id), textOf(album.description)];
		if (!id) continue;
		if (!name) losses.add("an album without a name", id);
		else {
			for await (const asset of immich.assets({ albumIds: [id] })) push(albums, String(asset.id), name);
			if (description) albumDescriptions.set(name, description);
		}
	}
	const tags = new Map<string, string[]>();
	for (const tag of await immich.tags(losses.add.bind(losses))) {
		const [name, id] = [textOf(tag.value) ?? textOf(tag.name), textOf(tag.id)];
		if (!name || !id) continue;
		for await (const asset of immich.assets({ tagIds: [id] })) push(tags, String(asset.id), name);
	}
	const downloads = new Spool();
	let read = 0;
	for await (const asset of immich.assets({ withExif: true, withPeople: true })) {
		onRead(++read);
		const [id, name] = [textOf(asset.id), textOf(asset.originalFileName)];
		if (!id || !name) continue;
		if (asset.type !== "IMAGE" || !isPictureName(name)) {
			losses.add(asset.type === "VIDEO" ? "videos are not taken" : unsupported(name), name);
			continue;
		}
		const exif = fieldsOf(asset.exifInfo);
		if (asset.visibility === "archive") losses.add("archived there: Collections has no archive", name);
		if (Number(exif.rating) > 0) losses.add("ratings are not carried", name);
		if (listOf(asset.people).some((person) => textOf(fieldsOf(person).name))) {
			losses.add("names of people are not carried", name);
		}
		source.pictures.push({
			path: `${immich.url}/assets/${id}`,
			label: name,
			filename: name,
			size: Number(exif.fileSizeInByte) || 0,
			modified: Date.parse(String(asset.fileModifiedAt)) || 0,
			...downloads.onDemand(() => immich.original(id, textOf(asset.checksum))),
			description: {
				tags: tags.get(id) ?? [],
				albums: albums.get(id) ?? [],
				favorite: asset.isFavorite === true,
				note: textOf(exif.description),
				takenAt: timeOf(asset, exif),
			},
		});
	}
	return source;
}

const push = (map: Map<string, string[]>, key: string, value: string) => map.set(key, [...(map.get(key) ?? []), value]);

/** Reads when it was taken: Immich has the instant, and the local time written as if it were UTC. */
function timeOf(asset: Fields, exif: Fields): SourceTime | null {
	const instant = Date.parse(String(exif.dateTimeOriginal));
	const local = Date.parse(String(asset.localDateTime));
	if (Number.isNaN(instant)) {
		const created = Date.parse(String(asset.fileCreatedAt));
		return Number.isNaN(created) ? null : { at: new Date(created).toISOString(), isFallback: true };
	}
	if (Number.isNaN(local)) return { at: new Date(instant).toISOString(), isFallback: false };
	const clock = new Date(local).toISOString().slice(0, 19);
	if (!textOf(exif.timeZone)) return { at: clock, isFallback: false };
	const minutes = Math.round((local - instant) / 60_000);
	const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
	const offset = `${minutes < 0 ? "-" : "+"}${String(hours).padStart(2, "0")}:${String(rest).padStart(2, "0")}`;
	return { at: `${clock}${offset}`, isFallback: false };
}

/** Immich lists at most as many at once. */
const pageSize = 1_000;
/** Version 3 lists both where neither is named, version 2 the first alone. */
const visibilities = ["timeline", "archive"];

/** Ends a download that makes no progress. */
const timeoutMs = 600_000;

class Immich {
	readonly url: string;
	readonly #key: string;
	readonly #signal: AbortSignal;

	constructor(address: string, key: string, signal: AbortSignal) {
		this.url = `${address.replace(/\/+$/, "").replace(/\/api$/, "")}/api`;
		this.#key = key;
		this.#signal = signal;
	}

	async json(method: string, route: string, body?: Fields): Promise<unknown> {
		const response = await this.#send(method, route, body);
		const text = await response.text();
		try {
			return JSON.parse(text);
		} catch {
			throw new Failure(`${this.url} does not answer as Immich does: is the address right?`);
		}
	}

	/** Yields every asset that a search finds, page by page. */
	async *assets(search: Fields): AsyncGenerator<Fields> {
		for (const visibility of visibilities) {
			for (let page = 1; ; page++) {
				const answer = await this.json("POST", "/search/metadata", { ...search, visibility, page, size: pageSize });
				const { items, nextPage } = fieldsOf(fieldsOf(answer).assets);
				yield* listOf(items).map(fieldsOf);
				if (!nextPage) break;
			}
		}
	}

	/** Lists tags; a key that may not read them carries the rest. */
	async tags(lose: (reason: string, name: string) => void): Promise<Fields[]> {
		try {
			return listOf(await this.json("GET", "/tags")).map(fieldsOf);
		} catch (error) {
			if (!(error instanceof Forbidden)) throw error;
			lose("the key may not read tags: give it tag.read", "tags");
			return [];
		}
	}

	/** Yields an original. @throws Unreadable where it is not what Immich says */
	async *original(id: string, checksum: string | null): AsyncGenerator<Uint8Array> {
		const response = await this.#send("GET", `/assets/${encodeURIComponent(id)}/original`);
		const digest = createHash("sha1");
		for await (const chunk of response.body ?? []) {
			digest.update(chunk);
			yield chunk;
		}
		if (checksum && digest.digest("base64") !== checksum) {
			throw new Unreadable("It came damaged: its SHA-1 is not Immich's.");
		}
	}

	async #fetch(route: string, request: RequestInit): Promise<Response> {
		try {
			return await fetch(this.url + route, request);
		} catch (cause) {
			if (this.#signal.aborted) throw cause;
			throw new Failure(
				`${this.url} does not answer: is the address right, and Immich running? The same command goes on.`,
				exitCodes.unavailable,
			);
		}
	}

	/** @throws Failure, or Unreadable where this one asset is not there */
	async #send(method: string, route: string, body?: Fields): Promise<Response> {
		const response = await this.#fetch(route, {
			method,
			headers: {
				"x-api-key": this.#key,
				accept: route.endsWith("/original") ? "*/*" : "application/json",
				...(body && { "content-type": "application/json" }),
			},
			...(body && { body: JSON.stringify(body) }),
			// Another host must not get the key.
			redirect: "manual",
			signal: AbortSignal.any([this.#signal, AbortSignal.timeout(timeoutMs)]),
		});
		if (response.ok) return response;
		const location = response.headers.get("location");
		if (location) throw new Failure(`${this.url} is now at ${location}: give that address.`, exitCodes.usage);
		const reason = await response.text();
		if (response.status === 401) {
			throw new Failure("Immich refuses the key: make one under Account Settings, API Keys.", exitCodes.signedOut);
		}
		if (response.status === 403) {
			throw new Forbidden(
				`Immich does not let the key read ${route}: it needs asset.read, asset.download and album.read.`,
				exitCodes.signedOut,
			);
		}
		if (route.startsWith("/assets/") && [400, 404].includes(response.status)) {
			throw new Unreadable("Immich does not have the file any more.");
		}
		throw new Failure(
			`Immich answered ${response.status} to ${method} ${route}: ${reason.slice(0, 200)}`,
			response.status >= 500 ? exitCodes.unavailable : exitCodes.failed,
		);
	}
}

/** Reports that the key lacks a permission. */
class Forbidden extends Failure {}
