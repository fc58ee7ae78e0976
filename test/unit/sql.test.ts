import { describe, expect, it } from "vitest";
import { isRead } from "#postgres/database.ts";
import { constant, sql } from "#postgres/sql.ts";

describe("sql", () => {
	it("numbers values in the order of their places", () => {
		const { text, values } = sql`select ${"a"}, ${null}, ${3}`;
		expect(text).toBe("select $1, $2, $3");
		expect(values).toEqual(["a", null, 3]);
	});

	it("splices fragments with their values, however deep", () => {
		const inner = sql`b = ${2}`;
		const condition = sql`(${inner} or c = ${3})`;
		const { text, values } = sql`a = ${1} and ${condition} and d = ${4}`;
		expect(text).toBe("a = $1 and (b = $2 or c = $3) and d = $4");
		expect(values).toEqual([1, 2, 3, 4]);
	});

	it("gives a fragment that is spliced twice the numbers of its first place", () => {
		const user = sql`${"ada"}`;
		const { text, values } = sql`a = ${user} and b = ${"x"} and c = ${user}`;
		expect(text).toBe("a = $1 and b = $2 and c = $1");
		expect(values).toEqual(["ada", "x"]);
	});

	it("gives the same text for other values, equal ones among them", () => {
		const statement = (a: string, b: string) => sql`a = ${a} and b = ${b}`;
		expect(statement("x", "x").text).toBe(statement("x", "y").text);
		expect(statement("x", "x").values).toEqual(["x", "x"]);
	});

	it("writes constants into the text", () => {
		expect(sql`limit ${constant(200)}`).toMatchObject({
			text: "limit 200",
			values: [],
		});
	});

	it("never writes a value into the text", () => {
		const value = "'; drop table items; --";
		expect(sql`a = ${value}`.text).toBe("a = $1");
	});

	it("keeps a name for a statement that is prepared", () => {
		expect(sql`select ${1}`.prepared("one")).toEqual({
			name: "one",
			text: "select $1",
			values: [1],
		});
	});
});

describe("a statement", () => {
	it.each([
		"select * from items where updated_at > $1",
		"\n\twith newest as (select max(version) as version from analyses) select version from newest",
		"SELECT 1",
	])("that only reads may be sent twice: %s", (text) => {
		expect(isRead(text)).toBe(true);
		expect(isRead({ text })).toBe(true);
	});

	it.each([
		"insert into tombstones (item_id) values ($1)",
		"update items set status = $1",
		"with gone as (delete from items returning id) select id from gone",
		"select * from items for update skip locked",
		"select * from items for key share",
		"select pg_advisory_xact_lock($1)",
		"select nextval('outbox_id_seq')",
		"call something()",
	])("that may write or lock is sent once: %s", (text) => {
		expect(isRead(text)).toBe(false);
	});
});
