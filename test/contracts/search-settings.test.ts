import { describe, expect, it } from "vitest";
import { withClient } from "#lambdas/migrate/connect.ts";
import { searchParameters } from "#postgres/search/search.ts";
import { postgresSearchSettings } from "#postgres/search/search-settings.ts";
import { contractDatabase, migratedDatabase } from "./databases.ts";
import { newUser } from "./new-rows.ts";

const empty = await migratedDatabase();

describe(`search settings on ${contractDatabase.title}`, () => {
	const read = () => postgresSearchSettings(empty.connect(1)).read(newUser());
	const asOwner = (sql: string) => withClient(empty.address, empty.migration, (client) => client.query(sql));

	it("are the parameters of the statements", async () => {
		expect((await read()).parameters).toBe(searchParameters);
	});

	it("name the installed versions of the server and its extensions", async () => {
		const { version, extensions } = (await read()).database;
		expect(Number.parseInt(version, 10)).toBeGreaterThanOrEqual(17);
		expect(Object.keys(extensions)).toEqual(expect.arrayContaining(["btree_gin", "pg_trgm", "unaccent", "vector"]));
		expect(extensions.vector).toMatch(/^\d+\.\d+/);
	});

	it("show each index as the database has it now, not as a migration made it", async () => {
		const indexes = async () => (await read()).database.indexes;
		const codes = (await indexes()).find(({ name }) => name === "embeddings_codes");
		expect(codes).toMatchObject({ table: "embeddings", valid: true });
		expect(await indexes()).toContainEqual(expect.objectContaining({ table: "words" }));
		expect(codes?.definition).toContain("(user_id, model, partition) INCLUDE (item_id, category, code)");
		await asOwner("drop index embeddings_codes");
		await asOwner("create index added_by_hand on embeddings (created_at)");
		const names = (await indexes()).map(({ name }) => name);
		expect(names).not.toContain("embeddings_codes");
		expect(names).toContain("added_by_hand");
	});
});
