import { createHash } from "node:crypto";
import { ApiProblem, type CollectionsClient, type Item } from "../../../client/index.ts";
import { Albums } from "../albums.ts";
import type { Journal } from "../upload/journal.ts";
import { labelOf } from "../upload/upload.ts";
import { isSameMoment } from "./moment.ts";
import type { Description, Losses, Source, SourcePicture } from "./source.ts";

/** Counts the items that have what their source said about them. */
export interface Carried {
	items: number;
	tags: number;
	albums: number;
	favorites: number;
	notes: number;
	/** Set from the source, or read by the service from the file or its name. */
	times: number;
}

/** The API lists, and changes, at most as many at once. */
const itemsPerRequest = 100;
/** The API's bounds of a person's words. */
const max = { tag: 100, album: 200, albumDescription: 2_000, note: 10_000 };

/** One item with every picture of the source that became it. */
interface Subject {
	item: Item;
	pictures: SourcePicture[];
	description: Description;
	/** Something could not be carried: the next run tries again. */
	isIncomplete: boolean;
}

interface Options {
	journal: Journal;
	source: Source;
	onDone: (pictures: number) => void;
}

/**
 * Gives items what their source says: tags are added, albums filled and favourites marked; a note or a time of the person's
 * own is never replaced. Whatever was described by a former run, and is described alike, is left alone.
 */
export async function describe(client: CollectionsClient, { journal, source, onDone }: Options): Promise<Carried> {
	const carried: Carried = { items: 0, tags: 0, albums: 0, favorites: 0, notes: 0, times: 0 };
	const albums = new Albums(client);
	const byItem = new Map<string, SourcePicture[]>();
	for (const picture of source.pictures) {
		const entry = journal.of(picture);
		if (entry?.stored) byItem.set(entry.itemId, [...(byItem.get(entry.itemId) ?? []), picture]);
	}
	const entries = [...byItem];
	for (let at = 0; at < entries.length; at += itemsPerRequest) {
		const part = new Map(entries.slice(at, at + itemsPerRequest));
		const subjects = await subjectsOf(client, part, source.losses);
		const fresh = subjects.filter((subject) => !isDescribed(subject, journal));
		await addTags(client, fresh, source.losses);
		await addToAlbums(client, albums, fresh, source);
		await markFavorites(client, fresh, source.losses);
		for (const subject of fresh) await setWords(client, subject, source.losses);
		for (const subject of subjects) {
			count(carried, subject);
			if (subject.isIncomplete) continue;
			for (const picture of subject.pictures) {
				const entry = journal.of(picture);
				if (entry) journal.record(picture, { ...entry, described: digestOf(subject.description) });
			}
		}
		onDone(at + part.size);
	}
	return carried;
}

/** Waits until items are read, and joins what the source says of pictures that are one item. */
async function subjectsOf(
	client: CollectionsClient,
	byItem: ReadonlyMap<string, SourcePicture[]>,
	losses: Losses,
): Promise<Subject[]> {
	const subjects = new Map<string, Subject>();
	const items = await readItems(client, byItem.keys());
	for (const [id, pictures] of byItem) {
		let item = items.get(id);
		const original = item?.error?.duplicate_of;
		if (original) item = (await readItems(client, [original])).get(original);
		if (!item || item.status === "failed") {
			const reason = item?.error?.detail ?? "is in the trash, or was deleted meanwhile";
			for (const picture of pictures) losses.add(reason, labelOf(picture));
			continue;
		}
		const earlier = subjects.get(item.id);
		const all = [...(earlier?.pictures ?? []), ...pictures];
		subjects.set(item.id, { item, pictures: all, description: joined(all, losses), isIncomplete: false });
	}
	return [...subjects.values()];
}

/** Reads items once their pictures are read; one that is in the trash is left out. */
async function readItems(client: CollectionsClient, ids: Iterable<string>): Promise<Map<string, Item>> {
	const items = new Map<string, Item>();
	const waiting = new Set(ids);
	for await (const item of client.watch(waiting)) {
		if (["pending", "uploaded"].includes(item.status)) continue;
		items.set(item.id, item);
		waiting.delete(item.id);
		if (waiting.size === 0) break;
	}
	return items;
}

/** Joins the descriptions of one item, without the words that the API does not take. */
function joined(pictures: readonly SourcePicture[], losses: Losses): Description {
	const all = pictures.map(({ description }) => description);
	const [first] = pictures;
	const name = first ? labelOf(first) : "";
	const fitting = (words: string[], limit: number, reason: string) =>
		[...new Set(words)].filter((word) => {
			if (word.length > limit) losses.add(`${reason} of more than ${limit} characters`, name);
			return word.length <= limit;
		});
	const notes = all.flatMap(({ note }) => note ?? []);
	const times = all.flatMap(({ takenAt }) => takenAt ?? []);
	return {
		tags: fitting(
			all.flatMap(({ tags }) => tags),
			max.tag,
			"a tag",
		),
		albums: fitting(
			all.flatMap(({ albums }) => albums),
			max.album,
			"an album's name",
		),
		favorite: all.some(({ favorite }) => favorite),
		note: fitting([[...new Set(notes)].join("\n")], max.note, "a note")[0] || null,
		takenAt: times.find(({ isFallback }) => !isFallback) ?? times[0] ?? null,
	};
}

const digestOf = (description: Description) => createHash("sha256").update(JSON.stringify(description)).digest("hex");

const isDescribed = ({ pictures, description }: Subject, journal: Journal) => {
	const digest = digestOf(description);
	return pictures.every((picture) => journal.of(picture)?.described === digest);
};

/** Items with the same words are changed by one request. */
function grouped(subjects: readonly Subject[], words: (description: Description) => string[]) {
	const groups = new Map<string, { words: string[]; subjects: Subject[] }>();
	for (const subject of subjects) {
		const own = words(subject.description);
		if (own.length === 0) continue;
		const group = groups.get(own.join("\n")) ?? { words: own, subjects: [] };
		group.subjects.push(subject);
		groups.set(own.join("\n"), group);
	}
	return groups.values();
}

async function addTags(client: CollectionsClient, subjects: readonly Subject[], losses: Losses): Promise<void> {
	for (const { words, subjects: group } of grouped(subjects, ({ tags }) => tags)) {
		await change(client, group, { action: "tag", tags: words }, losses);
	}
}

async function markFavorites(client: CollectionsClient, subjects: readonly Subject[], losses: Losses): Promise<void> {
	const group = subjects.filter(({ description, item }) => description.favorite && !item.favorite);
	if (group.length > 0) await change(client, group, { action: "favorite" }, losses);
}

async function addToAlbums(
	client: CollectionsClient,
	albums: Albums,
	subjects: readonly Subject[],
	{ albumDescriptions, losses }: Source,
): Promise<void> {
	for (const name of new Set(subjects.flatMap(({ description }) => description.albums))) {
		const group = subjects.filter(({ description }) => description.albums.includes(name));
		const about = albumDescriptions.get(name)?.slice(0, max.albumDescription) ?? null;
		try {
			const album_id = await albums.idOf(name, about);
			await change(client, group, { action: "add_to_album", album_id }, losses);
		} catch (error) {
			if (!(error instanceof ApiProblem) || error.status !== 409) throw error;
			lose(group, `album ${name}: ${reasonOf(error)}`, losses);
		}
	}
}

async function change(
	client: CollectionsClient,
	group: readonly Subject[],
	body: Record<string, unknown>,
	losses: Losses,
): Promise<void> {
	const ids = group.map(({ item }) => item.id);
	const { failed } = await client.call<{ failed: { id: string; code: string; detail: string }[] }>(
		"POST",
		"/items/batch",
		{ ...body, ids },
	);
	for (const { id, code, detail } of failed) {
		const subject = group.find(({ item }) => item.id === id);
		// A detail names its item, so that each would be a reason of its own.
		if (subject)
			lose([subject], code === "too_many_tags" ? "more than 100 tags" : detail.replaceAll(id, "the item"), losses);
	}
}

/** Sets note and time, where the person has no other ones. */
async function setWords(client: CollectionsClient, subject: Subject, losses: Losses): Promise<void> {
	const { item, description } = subject;
	const { note, takenAt } = description;
	const isNoteNew = note !== null && item.note !== note;
	const isTimeNew = takenAt !== null && !isSameMoment(item, takenAt.at) && !(takenAt.isFallback && item.taken_at);
	if (isNoteNew && item.note) lose([subject], "has another note already", losses);
	if (isTimeNew && item.edited.taken_at) lose([subject], "has another time of yours already", losses);
	const words = {
		...(isNoteNew && !item.note && { note }),
		...(isTimeNew && !item.edited.taken_at && { taken_at: takenAt.at }),
	};
	if (Object.keys(words).length === 0) return;
	try {
		const { data } = await client.api.PATCH("/items/{id}", { params: { path: { id: item.id } }, body: words });
		if (data) subject.item = data;
	} catch (error) {
		if (!(error instanceof ApiProblem) || ![400, 404, 422].includes(error.status)) throw error;
		lose([subject], reasonOf(error), losses);
	}
}

function lose(subjects: readonly Subject[], reason: string, losses: Losses): void {
	for (const subject of subjects) {
		subject.isIncomplete = true;
		for (const picture of subject.pictures) losses.add(reason, labelOf(picture));
	}
}

const reasonOf = ({ fields, body, message }: ApiProblem) =>
	fields[0]?.detail ?? (body as { detail?: string } | undefined)?.detail ?? message;

function count(carried: Carried, { item, description, isIncomplete }: Subject): void {
	carried.items++;
	if (item.taken_at) carried.times++;
	if (isIncomplete) return;
	if (description.tags.length > 0) carried.tags++;
	if (description.albums.length > 0) carried.albums++;
	if (description.favorite) carried.favorites++;
	if (description.note) carried.notes++;
}
