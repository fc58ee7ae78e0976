import { createHmac, timingSafeEqual } from "node:crypto";

/** Stripe's own libraries take as much: it bounds how long a recorded request can be sent again. */
export const toleranceSeconds = 5 * 60;

/**
 * Tells whether Stripe signed a body lately. The header has the time of signing and, while a secret is being replaced, a
 * signature by each secret.
 * @param header of `Stripe-Signature`, such as `t=1492774577,v1=5257a8…`
 */
export function isSignedByStripe(body: string, header: string, secret: string, now: Date): boolean {
	const parts = header.split(",").map((part) => part.trim().split("=", 2));
	const time = parts.find(([name]) => name === "t")?.[1] ?? "";
	if (!/^\d{1,12}$/.test(time)) return false;
	if (Math.abs(now.getTime() / 1_000 - Number(time)) > toleranceSeconds) return false;
	const expected = createHmac("sha256", secret).update(`${time}.${body}`).digest();
	return parts.some(([name, value = ""]) => {
		if (name !== "v1" || !/^[0-9a-f]{64}$/.test(value)) return false;
		return timingSafeEqual(Buffer.from(value, "hex"), expected);
	});
}
