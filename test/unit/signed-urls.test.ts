import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { s3Objects } from "#aws/objects.ts";

const start = new Date("2026-03-01T10:10:00Z");
beforeEach(() => {
	for (const [name, value] of Object.entries({
		AWS_REGION: "eu-central-1",
		AWS_ACCESS_KEY_ID: "test",
		AWS_SECRET_ACCESS_KEY: "test",
	})) {
		vi.stubEnv(name, value);
	}
	vi.useFakeTimers({ toFake: ["Date"], now: start });
});
afterEach(() => {
	vi.useRealTimers();
	vi.unstubAllEnvs();
});

it("a URL stays the same until the next half hour, and reads for an hour at least", async () => {
	const objects = s3Objects("a-bucket");
	const first = await objects.presignCacheable("key", 3_600);
	expect(new URL(first.url).searchParams.get("X-Amz-Date")).toBe("20260301T100000Z");
	expect(first.expiresAt.toISOString()).toBe("2026-03-01T11:30:00.000Z");
	vi.setSystemTime(new Date("2026-03-01T10:29:59Z"));
	expect(await objects.presignCacheable("key", 3_600)).toEqual(first);
	// Another sandbox signs the same.
	expect(await s3Objects("a-bucket").presignCacheable("key", 3_600)).toEqual(first);
	expect((await objects.presignCacheable("other", 3_600)).url).not.toBe(first.url);
	vi.setSystemTime(new Date("2026-03-01T10:30:00Z"));
	const next = await objects.presignCacheable("key", 3_600);
	expect(next.url).not.toBe(first.url);
	expect(next.expiresAt.toISOString()).toBe("2026-03-01T12:00:00.000Z");
});

it("a URL ends with the credentials that sign it, and is the same until then", async () => {
	vi.stubEnv("AWS_CREDENTIAL_EXPIRATION", "2026-03-01T10:50:00Z");
	// The client of the tests before keeps its credentials.
	vi.resetModules();
	const objects = (await import("#aws/objects.ts")).s3Objects("a-bucket");
	const first = await objects.presignCacheable("key", 3_600);
	expect(first.expiresAt.toISOString()).toBe("2026-03-01T10:50:00.000Z");
	vi.setSystemTime(new Date("2026-03-01T10:29:59Z"));
	expect(await objects.presignCacheable("key", 3_600)).toEqual(first);
});

it("an upload's form keeps the picture in the person's cache for a day", async () => {
	const { fields } = await s3Objects("a-bucket").presignPost("key", { contentType: "image/png", size: 1 }, 60);
	expect(fields["Cache-Control"]).toBe("private, max-age=86400");
});
