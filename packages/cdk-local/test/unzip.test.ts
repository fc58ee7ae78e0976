import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { strToU8, zipSync } from "fflate";
import { afterEach, beforeEach, expect, test } from "vitest";
import { unzip } from "../services/lambda/unzip.ts";

let parent: string;
let folder: string;
beforeEach(() => {
	parent = mkdtempSync(join(tmpdir(), "cdk-local-unzip-"));
	folder = join(parent, "function");
});
afterEach(() => rmSync(parent, { recursive: true }));

const archive = (...paths: string[]) =>
	Buffer.from(zipSync(Object.fromEntries(paths.map((path) => [path, strToU8(path)]))));

test("an archive is unpacked with its folders", () => {
	unzip(archive("handler.mjs", "lib/", "lib/a.mjs", "lib/../b.mjs"), folder);
	expect(readdirSync(folder, { recursive: true }).sort()).toEqual(["b.mjs", "handler.mjs", "lib", "lib/a.mjs"]);
	expect(readFileSync(join(folder, "lib/a.mjs"), "utf8")).toBe("lib/a.mjs");
});

test.each([
	["of the parent folder", () => "../x"],
	["of a folder beside it whose name begins alike", () => "../function-2/x"],
	["that leaves the folder after entering another", () => "lib/../../x"],
	["that is absolute", () => join(parent, "x")],
	["that is the folder itself", () => "lib/.."],
])("an archive with a path %s is refused, and nothing is written", (_, path) => {
	expect(() => unzip(archive("first.mjs", path(), "last.mjs"), folder)).toThrow(
		expect.objectContaining({ code: "InvalidParameterValueException", message: expect.stringContaining(path()) }),
	);
	expect(readdirSync(parent)).toEqual([]);
});
