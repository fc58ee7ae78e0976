import { describe, expect, it } from "vitest";
import { hashPassword, isPass, isPassword, newPass, passSeconds } from "#core/shares/share-password.ts";
import { hashShareToken, newShareToken } from "#core/shares/share-token.ts";

const share = { id: "6f0b9d0e-6f0b-4d0e-8f0b-9d0e6f0b9d0e", passwordHash: await hashPassword("correct horse") };

describe("a share's password", () => {
	it("is known by its hash, which differs each time and does not hold it", async () => {
		expect(await isPassword("correct horse", share.passwordHash)).toBe(true);
		expect(await isPassword("correct horsf", share.passwordHash)).toBe(false);
		expect(await isPassword("", share.passwordHash)).toBe(false);
		expect(share.passwordHash).not.toContain("correct");
		expect(await hashPassword("correct horse")).not.toBe(share.passwordHash);
	});

	it("is the same in both forms of Unicode", async () => {
		expect(await isPassword("cafe\u0301", await hashPassword("caf\u00e9"))).toBe(true);
	});
});

describe("a visitor's pass", () => {
	const now = new Date("2026-12-01T12:00:00Z");
	const later = (seconds: number) => new Date(now.getTime() + seconds * 1_000);
	const pass = newPass(share, now);

	it("is good for twelve hours", () => {
		expect(isPass(pass, share, now)).toBe(true);
		expect(isPass(pass, share, later(passSeconds - 1))).toBe(true);
		expect(isPass(pass, share, later(passSeconds))).toBe(false);
	});

	it("is good for no other share, no other password, and no longer than it says", async () => {
		expect(isPass(pass, { ...share, id: "another" }, now)).toBe(false);
		expect(isPass(pass, { ...share, passwordHash: await hashPassword("correct horse") }, now)).toBe(false);
		const [expires, signature] = pass.split(".");
		expect(isPass(`${Number(expires) + 1}.${signature}`, share, now)).toBe(false);
		for (const made of ["", "1.x", `${expires}.`, `${expires}.${"A".repeat(43)}`, `x${pass}`]) {
			expect(isPass(made, share, now)).toBe(false);
		}
	});
});

describe("a share's token", () => {
	it("has at least 128 bits, and is stored as its hash alone", () => {
		const tokens = new Set(Array.from({ length: 1_000 }, newShareToken));
		expect(tokens.size).toBe(1_000);
		for (const token of tokens) {
			expect(Buffer.from(token, "base64url").length * 8).toBeGreaterThanOrEqual(128);
			const hash = hashShareToken(token);
			expect(hash).toHaveLength(32);
			expect(Buffer.from(hash ?? []).toString("latin1")).not.toContain(token);
		}
	});

	it("of another form is none", () => {
		for (const token of ["", "short", `${newShareToken()}x`, "../../../../etc/passwd!!", "é".repeat(24)]) {
			expect(hashShareToken(token)).toBeNull();
		}
	});
});
