import { validation } from "./errors.ts";

/** A decimal: `digits` times ten to the power of `exponent`. */
interface Decimal {
	digits: bigint;
	exponent: number;
}

const precision = 38;

/**
 * Formats a number as DynamoDB returns it: plain digits, no superfluous zeros.
 * @throws AwsError if it is not a number, has more than 38 digits, or has a magnitude outside 1E-130 to 9.9E+125
 */
export function normalNumber(text: string): string {
	return write(read(text));
}

export function compareNumbers(left: string, right: string): number {
	const [a, b] = aligned(read(left), read(right));
	return a.digits < b.digits ? -1 : a.digits > b.digits ? 1 : 0;
}

export function addNumbers(left: string, right: string, sign: 1n | -1n) {
	const [a, b] = aligned(read(left), read(right));
	return write(normalize({ digits: a.digits + sign * b.digits, exponent: a.exponent }));
}

/** Counts the bytes of a number in an item: one for two digits, one for the exponent, one for a minus sign. */
export function numberSize(text: string): number {
	const { digits } = read(text);
	const significant = String(digits).replace("-", "").length;
	return Math.ceil(significant / 2) + 1 + (digits < 0n ? 1 : 0);
}

function read(text: string): Decimal {
	const match = /^\s*([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?\s*$/.exec(text);
	const [, sign, whole = "", fraction = "", power = "0"] = match ?? [];
	if (!match || whole + fraction === "") {
		throw validation(`The parameter cannot be converted to a numeric value: ${text}`);
	}
	const digits = BigInt(whole + fraction) * (sign === "-" ? -1n : 1n);
	return normalize({ digits, exponent: Number(power) - fraction.length });
}

function normalize({ digits, exponent }: Decimal): Decimal {
	if (digits === 0n) return { digits, exponent: 0 };
	const [text = "", sign] = [String(digits).replace("-", ""), digits < 0n ? -1n : 1n];
	const significant = text.replace(/0+$/, "");
	const power = exponent + text.length - significant.length;
	if (significant.length > precision) {
		throw validation("Attempting to store more than 38 significant digits in a Number");
	}
	const magnitude = power + significant.length - 1;
	if (magnitude > 125) {
		throw validation("Number overflow. Attempting to store a number with magnitude larger than supported range");
	}
	if (magnitude < -130) {
		throw validation("Number underflow. Attempting to store a number with magnitude smaller than supported range");
	}
	return { digits: BigInt(significant) * sign, exponent: power };
}

function aligned(left: Decimal, right: Decimal): [Decimal, Decimal] {
	const exponent = Math.min(left.exponent, right.exponent);
	const scaled = (decimal: Decimal) => ({
		digits: decimal.digits * 10n ** BigInt(decimal.exponent - exponent),
		exponent,
	});
	return [scaled(left), scaled(right)];
}

function write({ digits, exponent }: Decimal): string {
	const sign = digits < 0n ? "-" : "";
	const text = String(digits).replace("-", "");
	if (exponent >= 0) return sign + text + "0".repeat(exponent);
	const padded = text.padStart(1 - exponent, "0");
	return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}
