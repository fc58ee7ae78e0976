import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import type { ArchivePart } from "#core/archive/archive.ts";
import { archivedItem, vectorOf } from "#core/archive/archived-item.ts";
import { derivedId } from "#core/ids.ts";
import { takenAt } from "#core/items/taken-at.ts";
import type { Job } from "#core/jobs/job.ts";
import { type ArrangedPorts, claim, processedItem, readyItem } from "./item-states.ts";
import { axis, newEvent, newItem, newUser, processed } from "./new-rows.ts";

/** Tests an implementation of `Archives`. */
export function archivesContract(get: () => ArrangedPorts): void {
	const created: Job[] = [];
	afterEach(async () => {
		for (const { userId, id } of created.splice(0)) await get().jobs.cancel(userId, id);
	});
	async function newJob(userId: string): Promise<Job> {
		const job = await get().jobs.create(
			{ id: randomUUID(), userId, kind: "export", input: {}, itemIds: [] },
			{ maxOpen: 10 },
		);
		created.push(job);
		return job;
	}
	const part = (name: string, size = 10): ArchivePart => ({
		name,
		key: `exports/${name}`,
		size,
		sha256: "a".repeat(64),
		entries: [{ path: `${name}.json`, size: 1, sha256: "b".repeat(64) }],
	});

	describe("an archive", () => {
		it("has every item whose picture arrived, those in the trash too, the oldest first, and no other person's", async () => {
			const [user, stranger] = [newUser(), newUser()];
			const first = await processedItem(get(), user);
			const trashed = await processedItem(get(), user);
			await get().items.trash(user, trashed.id);
			await get().items.create(newItem(user));
			const foreign = await processedItem(get(), stranger);
			expect(await get().archives.itemIds(user, 10)).toEqual([first.id, trashed.id]);
			expect(await get().archives.itemIds(user, 1)).toEqual([first.id]);
			const items = await get().archives.items(user, [trashed.id, foreign.id, randomUUID(), first.id]);
			expect(items.map(({ id }) => id)).toEqual([trashed.id, first.id]);
			expect(items.map(({ trashed_at }) => trashed_at)).toEqual([expect.any(String), null]);
		});

		it("has an item with its analyses, edits, tags and vectors, as the format describes them", async () => {
			const user = newUser();
			const { item, analysis } = await readyItem(get(), user, { headline: "A boat" }, axis(3), "model-a");
			await get().edits.edit(user, item.id, {
				headline: "My boat",
				note: "Blue",
				favorite: true,
				tags: ["Sea", "boat"],
			});
			const [archived] = await get().archives.items(user, [item.id]);
			expect(archivedItem.parse(archived)).toEqual(archived);
			expect(archived).toMatchObject({
				id: item.id,
				original_filename: item.originalFilename,
				edits: { headline: "My boat", summary: null, category: null, tags: true },
				note: "Blue",
				favorite: true,
				tags: [
					{ name: "Sea", source: "person" },
					{ name: "boat", source: "person" },
				],
				analyses: [{ id: analysis.id, version: 1, description: { headline: "A boat" } }],
				embeddings: [{ model: "model-a", analysis_id: analysis.id }],
			});
			expect(vectorOf(archived?.embeddings[0]?.vector ?? "")).toEqual(axis(3));
		});

		it("has albums with their items in the person's order", async () => {
			const user = newUser();
			const [a, b] = [await processedItem(get(), user), await processedItem(get(), user)];
			const fields = { userId: user, description: null, coverItemId: b.id, smart: null };
			const album = await get().albums.create({ id: randomUUID(), name: "Trip", ...fields }, { maxAlbums: 5 });
			await get().albums.putItems(user, album.id, [b.id, a.id], { maxItems: 10 });
			expect(await get().archives.albums(user)).toEqual([
				{
					id: album.id,
					name: "Trip",
					description: null,
					cover_item_id: b.id,
					smart: null,
					created_at: album.createdAt.toISOString(),
					item_ids: [b.id, a.id],
				},
			]);
			expect(await get().archives.albums(newUser())).toEqual([]);
		});

		it("has the parts of its job by name, each once, for its person alone", async () => {
			const user = newUser();
			const job = await newJob(user);
			const { archives } = get();
			await archives.putPart(user, job.id, part("items-000020.tar"));
			await archives.putPart(user, job.id, part("items-000000.tar"));
			await archives.putPart(user, job.id, part("items-000000.tar", 5_000_000_000));
			const { entries: _, ...first } = part("items-000000.tar", 5_000_000_000);
			expect(await archives.parts(user, job.id)).toEqual([
				first,
				expect.objectContaining({ name: "items-000020.tar" }),
			]);
			expect((await archives.entries(user, job.id)).map((entry) => [entry.part, entry.path])).toEqual([
				["items-000000.tar", "items-000000.tar.json"],
				["items-000020.tar", "items-000020.tar.json"],
			]);
			const stranger = newUser();
			expect(await archives.parts(stranger, job.id)).toEqual([]);
			expect(await archives.entries(stranger, job.id)).toEqual([]);
			await archives.forgetParts(stranger, job.id);
			expect(await archives.otherJobs(user, randomUUID())).toEqual([job.id]);
			expect(await archives.otherJobs(user, job.id)).toEqual([]);
			await archives.forgetParts(user, job.id);
			expect(await archives.parts(user, job.id)).toEqual([]);
		});

		it("gives an item of another person all it has; the picture's arrival makes it ready, and asks no model", async () => {
			const [user, other] = [newUser(), newUser()];
			const { item } = await readyItem(get(), user, { headline: "A boat" }, axis(3), "model-a");
			const own = takenAt("2024-03-01T10:22:33", "+09:00", "user");
			await get().edits.edit(user, item.id, { headline: "My boat", note: "Blue", takenAt: own, tags: ["Sea", "boat"] });
			await get().edits.edit(user, item.id, { favorite: true, tags: null });
			const [archived] = await get().archives.items(user, [item.id]);
			if (!archived) throw new Error("Nothing was archived.");
			const waiting = newItem(other, { originalFilename: item.originalFilename, fileSize: item.fileSize });
			await get().items.create(waiting);
			await get().archives.addWords(user, waiting.id, archived);
			expect((await get().items.find(other, waiting.id))?.latestAnalysis, "another's item").toBeNull();
			await get().archives.addWords(other, waiting.id, archived);
			await get().archives.addWords(other, waiting.id, { ...archived, note: "Twice" });
			const before = await get().items.find(other, waiting.id);
			expect(before?.item.status).toBe("pending");

			const { lease } = await claim(get(), { ...item, ...waiting }, "process");
			const event = newEvent("ImageProcessed", { ...item, ...waiting });
			expect(await get().stages.commitProcessed(lease, processed(), event)).toBe(true);
			const [again] = await get().archives.items(other, [waiting.id]);
			const { id: _, updated_at: __, analyses, embeddings, ...same } = archived;
			expect(again).toMatchObject({ ...same, sha256: expect.any(String) });
			expect(again?.analyses).toEqual(analyses.map((analysis) => ({ ...analysis, id: derivedId(other, analysis.id) })));
			expect(again?.embeddings.map(({ model, vector }) => [model, vector])).toEqual(
				embeddings.map(({ model, vector }) => [model, vector]),
			);
			expect(await get().outbox.unsent({ userId: other, itemId: waiting.id })).toEqual([]);
		});

		it("without a vector waits for the embedder alone", async () => {
			const [user, other] = [newUser(), newUser()];
			const { item } = await readyItem(get(), user);
			const [archived] = await get().archives.items(user, [item.id]);
			if (!archived) throw new Error("Nothing was archived.");
			const waiting = newItem(other);
			await get().items.create(waiting);
			await get().archives.addWords(other, waiting.id, { ...archived, embeddings: [] });
			const { lease } = await claim(get(), { ...item, ...waiting }, "process");
			await get().stages.commitProcessed(lease, processed(), newEvent("ImageProcessed", { ...item, ...waiting }));
			expect((await get().items.find(other, waiting.id))?.item.status).toBe("analyzed");
			await claim(get(), { ...item, ...waiting }, "embed");
		});

		it("is made by one job at a time: another is refused with the first one's address until that ends", async () => {
			const user = newUser();
			const job = await newJob(user);
			await get().jobs.pause(user, job.id, true);
			await expect(newJob(user)).rejects.toMatchObject({ code: "export_running", location: `/jobs/${job.id}` });
			await newJob(newUser());
			await get().jobs.cancel(user, job.id);
			expect(await newJob(user)).toMatchObject({ state: "queued" });
		});
	});
}
