import { afterAll, beforeAll, expect, test } from "vitest";
import type { CollectionsClient, Item } from "#client/index.ts";
import type { Control } from "./control.ts";
import { screenshot } from "./drawings.ts";
import { OwnCloud } from "./own-cloud.ts";

/** Makes a collection large enough to be partitioned: see rebuild-partitions.ts. */
const addedItems = 5_000;

// PGlite has one session, which these statements hold for seconds: no other test may wait for it.
let cloud: OwnCloud;
let control: Control;
let user: CollectionsClient;
let drawn: Awaited<ReturnType<typeof screenshot>>;
let item: Item;
beforeAll(async () => {
	cloud = await OwnCloud.start();
	({ control } = cloud);
	user = await cloud.newUser("collector@example.com");
	drawn = await screenshot();
	const { id } = await user.upload(drawn.filename, drawn.bytes);
	item = await user.settled(id);
});
afterAll(() => cloud?.remove());

/** Adds items to the user's own, with vectors derived from five random ones and the item's number. */
const fill = () =>
	control.sql(
		`with own as (
		   select user_id, model from embeddings where item_id = $1
		 ), ids as (
		   select gen_random_uuid() as item_id, gen_random_uuid() as analysis_id, n % 5 as base, 1 + n % 1023 as turn, user_id, model
		   from own, generate_series(1, $2::int) as n
		 ), bases as materialized (
		   select base, array_agg(random() - 0.5)::vector(1024) as vector
		   from generate_series(0, 4) as base, generate_series(1, 1024) group by base
		 ), added_items as (
		   insert into items (id, user_id, original_filename, mime_type, file_size, correlation_id, status, analysis_id)
		   select item_id, user_id, 'shot.png', 'image/png', 1, 'crowd', 'ready', analysis_id from ids
		 ), added_analyses as (
		   insert into analyses (id, item_id, user_id, version, category, raw_response, provider_used, model_used)
		   select analysis_id, item_id, user_id, 1, 'Other', '{}', 'test', 'test' from ids
		 ), added_documents as (
		   insert into documents (item_id, user_id, analysis_id, category, headline, summary, labels, extracted_text)
		   select item_id, user_id, analysis_id, 'Other', '', '', '', '' from ids
		 )
		 insert into embeddings (item_id, user_id, model, analysis_id, category, embedding)
		 select item_id, user_id, model, analysis_id, 'Other',
		   (subvector(vector, 1 + turn, 1024 - turn) || subvector(vector, 1, turn))::halfvec
		 from ids join bases using (base)`,
		[item.id, addedItems],
	);

async function partitions() {
	const [row] = await control.sql<Record<string, number>>(
		`select count(*) filter (where partition is null)::int as unassigned, count(distinct partition)::int as partitions
		 from embeddings where user_id = (select user_id from items where id = $1)`,
		[item.id],
	);
	return row;
}
const finds = async () => {
	const found = await user.search(drawn.word, {
		search_type: "vector",
		include_answer: false,
	});
	return found.results.some(({ item_id }) => item_id === item.id);
};

test("a large collection is partitioned by the deployed sweeper, found as before, and its deleted items stay gone", async () => {
	await fill();
	expect(await partitions()).toEqual({
		unassigned: addedItems + 1,
		partitions: 0,
	});
	expect(await finds()).toBe(true);
	// A slow machine needs more than one sweep.
	for (let sweeps = 0; sweeps < 10; sweeps++) {
		await control.sweepNow();
		if ((await partitions())?.unassigned === 0) break;
	}
	expect((await partitions())?.unassigned).toBe(0);
	expect((await partitions())?.partitions).toBeGreaterThan(1);
	expect(await finds()).toBe(true);

	const [{ user_id = "" } = {}] = await control.sql<{ user_id: string }>("select user_id from items where id = $1", [
		item.id,
	]);
	await user.call("DELETE", `/items/${item.id}`);
	await control.sweepNow();
	expect(await finds()).toBe(false);
	expect(await control.sql("select from embeddings where item_id = $1", [item.id])).toEqual([]);

	await control.sql("delete from items where user_id = $1", [user_id]);
	await control.sweepNow();
	await control.sql(
		"update vector_partitions set outdated_at = outdated_at - interval '11 minutes' where user_id = $1",
		[user_id],
	);
	await control.sweepNow();
	expect(await control.sql("select from vector_partitions where user_id = $1", [user_id])).toEqual([]);
});
