import { expect, it } from "vitest";
import { withClient } from "#lambdas/migrate/connect.ts";
import { contractDatabase } from "./databases.ts";

const idAlone = "Ids are random, so the id alone is unique; the user joins it when a migration next touches the table.";
const userLast = "Has the user last, in the order of the parent's key; the order changes when that key does.";
const ofStripe = "Stripe names a customer and no user. Spread over databases, customers need a directory of their own.";
const ofItem = "Names an item, which has one user; the user joins it when a migration next touches the table.";

/** Keys that do not begin with `user_id` yet: tenants could not be spread over databases by them. */
const exceptions: Record<string, string> = {
	"items: items_pkey": idAlone,
	"items: one_owner_per_item": userLast,
	"items: current_analysis_is_of_this_item": userLast,
	"analyses: analyses_pkey": idAlone,
	"analyses: one_analysis_per_version": ofItem,
	"analyses: one_item_per_analysis": userLast,
	"analyses: analyses_belong_to_an_item": userLast,
	"documents: one_document_per_item": ofItem,
	"documents: documents_belong_to_an_item": userLast,
	"documents: documents_are_of_an_analysis": userLast,
	"embeddings: one_embedding_per_item_and_model": ofItem,
	"embeddings: embeddings_belong_to_an_item": userLast,
	"embeddings: embeddings_are_of_an_analysis": userLast,
	"outbox: outbox_pkey": idAlone,
	"outbox: events_belong_to_an_item": userLast,
	"payers: one_person_per_payer": ofStripe,
	"requests: requests_pkey": idAlone,
	"requests: one_pending_request": ofItem,
	"requests: requests_belong_to_an_item": userLast,
	"requests: requests_name_an_analysis_of_the_item": userLast,
	"subscriptions: one_row_per_subscription": ofStripe,
	"shares: one_share_per_token":
		"A visitor has a token and no user. Spread over databases, tokens need a directory of their own.",
};

const keys = `
	select keys.relname || ': ' || keys.name as key, columns.attname = 'user_id' as by_user
	from (
	  select conrelid as relid, conrelid::regclass::text as relname, conname as name, conkey[1] as first
	  from pg_constraint where contype in ('p', 'u', 'f') and connamespace = 'public'::regnamespace
	  union all
	  select indrelid, indrelid::regclass::text, indexrelid::regclass::text, indkey[0]
	  from pg_index join pg_class on pg_class.oid = indrelid
	  where indisunique and relnamespace = 'public'::regnamespace
	    and not exists (select from pg_constraint where conindid = indexrelid and contype in ('p', 'u'))
	) as keys
	join pg_attribute as columns on columns.attrelid = keys.relid and columns.attnum = keys.first
	where keys.relname <> 'migrations'`;

it("every key of a tenant's table begins with its user, but for those that are listed with their reason", async () => {
	const empty = await contractDatabase.createMigrated();
	try {
		const rows = await withClient(
			empty.address,
			empty.migration,
			async (client) => (await client.query<{ key: string; by_user: boolean }>(keys)).rows,
		);
		expect(rows.length).toBeGreaterThan(20);
		expect(rows.flatMap(({ key, by_user }) => (by_user ? [] : key)).sort()).toEqual(Object.keys(exceptions).sort());

		// A new table that breaks the rule is seen.
		const seen = await withClient(empty.address, empty.migration, async (client) => {
			await client.query("create table unruly (id uuid primary key, user_id text not null)");
			return (await client.query<{ key: string; by_user: boolean }>(keys)).rows;
		});
		expect(seen).toContainEqual({ key: "unruly: unruly_pkey", by_user: false });
	} finally {
		await empty.drop();
	}
});
