import { beforeEach, describe, expect, test } from "vitest";
import { Bucket, file, post, useForms } from "./s3-forms.ts";

const { nextKey, presign, signed } = await useForms();
let Key: string;
beforeEach(() => {
	Key = nextKey();
});

describe("a policy's conditions", () => {
	const conditions = async (...list: unknown[]) => {
		const { fields } = await presign();
		const bound = ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Security-Token"];
		return signed(
			JSON.stringify({
				expiration: new Date(Date.now() + 60_000).toISOString(),
				conditions: [{ bucket: Bucket }, ...bound.map((name) => ({ [name]: fields[name] })), ...list],
			}),
		);
	};

	test("may require a prefix", async () => {
		const form = await conditions(
			["starts-with", "$key", "originals/ada/"],
			["starts-with", "$content-type", "image/"],
		);
		expect((await post(form)).status).toBe(204);
		const { status } = await post(form, { fields: { key: "originals/bob/x" } });
		expect(status).toBe(403);
		for (const [type, expected] of [
			["image/png,image/gif", 204],
			["image/png,text/html", 403],
		] as const) {
			const fields = { "Content-Type": type };
			expect((await post(form, { fields })).status).toBe(expected);
		}
	});

	test("match field names in any case, and values exactly", async () => {
		const form = await conditions(["eq", "$KEY", Key], ["eq", "$CONTENT-type", "image/jpeg"]);
		expect((await post(form)).status).toBe(204);
		const fields = { "Content-Type": "image/JPEG" };
		expect((await post(form, { fields })).status).toBe(403);
	});

	test("must all hold, the narrower of two ranges included", async () => {
		const form = await conditions(
			{ key: Key },
			["starts-with", "$Content-Type", ""],
			["content-length-range", 0, 100],
			["content-length-range", 3, 4],
		);
		expect((await post(form)).error.Code).toBe("EntityTooLarge");
		const { status } = await post(form, { file: file("1234") });
		expect(status).toBe(204);
	});
});
