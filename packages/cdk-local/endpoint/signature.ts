import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { Credentials } from "../services/iam/credentials.ts";
import { AwsError, type Principal, type SignedPolicy } from "./types.ts";

/** What of a request is signed. */
export interface SignedRequest {
	method: string;
	/** As sent, percent-encoded. */
	path: string;
	/** As sent, without the question mark. */
	query: string;
	headers: Record<string, string>;
	body: Buffer;
}

interface Signature {
	place: "header" | "query";
	accessKeyId: string;
	day: string;
	region: string;
	service: string;
	signedHeaders: string[];
	signature: string;
	/** `20261120T104557Z` */
	time: string;
	/** Seconds a presigned address lives. */
	expires: number | null;
	token: string | undefined;
}

const algorithm = "AWS4-HMAC-SHA256";
const skewMilliseconds = 15 * 60_000;
/** Seven days: the longest life of a presigned address. */
const maxExpiry = 604_800;
const signatureParameters = new Set([
	"x-amz-algorithm",
	"x-amz-credential",
	"x-amz-date",
	"x-amz-expires",
	"x-amz-security-token",
	"x-amz-signature",
	"x-amz-signedheaders",
]);

/** The service a request is signed for, or null where it is not signed. */
export function signedService(request: SignedRequest): string | null {
	return readSignature(request)?.service ?? null;
}

/**
 * Recomputes a request's SigV4 signature (header or presigned) and says who made it; null where it is unsigned.
 * @throws AwsError as the service named in the signature does.
 */
export function verifySignature(
	request: SignedRequest,
	{
		credentials,
		now,
		region,
	}: { credentials: Credentials; now: number; region: string },
): Principal | null {
	const signature = readSignature(request);
	if (!signature) return null;
	const refuse = refusals(signature.service);

	const known = credentials.find(signature.accessKeyId);
	if (!known) throw refuse.unknownKey();
	if (signature.token !== known.sessionToken) throw refuse.badToken();
	if (
		signature.region !== region ||
		signature.day !== signature.time.slice(0, 8)
	) {
		throw refuse.malformed(
			`The credential scope ${signature.day}/${signature.region} is wrong: expecting the day of X-Amz-Date and the region '${region}'`,
		);
	}
	checkTime(signature, now, refuse);
	checkSignedHeaders(request, signature, refuse);

	const payload = payloadHash(request, signature);
	const expected = sign(request, signature, payload, known.secretAccessKey);
	if (!same(expected, signature.signature)) throw refuse.mismatch();
	if (/^[0-9a-f]{64}$/.test(payload) && payload !== sha256(request.body)) {
		throw new AwsError(
			"XAmzContentSHA256Mismatch",
			"The provided 'x-amz-content-sha256' header does not match what was computed.",
		);
	}
	return { name: known.principal, accessKeyId: known.accessKeyId };
}

/**
 * Recomputes the SigV4 signature of a form's policy and says who made it; when it ends is for the policy to say.
 * @throws AwsError as S3 does.
 */
export function verifyPolicy(
	{ policy, algorithm: used, credential, time, signature, token }: SignedPolicy,
	{ credentials, region }: { credentials: Credentials; region: string },
): Principal {
	const refuse = refusals("s3");
	const of = scope(credential);
	const known = credentials.find(of.accessKeyId);
	if (!known) throw refuse.unknownKey();
	if (token !== known.sessionToken) throw refuse.badToken();
	if (
		used !== algorithm ||
		of.service !== "s3" ||
		of.region !== region ||
		of.day !== time.slice(0, 8)
	) {
		throw refuse.malformed(
			`The credential ${credential} is wrong: expecting ${algorithm}, the day of X-Amz-Date, the region '${region}' and the service 's3'`,
		);
	}
	const expected = hmac(signingKey(known.secretAccessKey, of), policy).toString(
		"hex",
	);
	if (!same(expected, signature)) throw refuse.mismatch();
	return { name: known.principal, accessKeyId: known.accessKeyId };
}

/** Parameters of a presigned address that count as headers (`x-amz-checksum-crc32`, `x-amz-meta-*`), in lower case. */
export function presignedHeaders(query: string): Record<string, string> {
	return Object.fromEntries(
		parameters(query)
			.map(([name, value]) => [name.toLowerCase(), value] as const)
			.filter(
				([name]) => name.startsWith("x-amz-") && !signatureParameters.has(name),
			),
	);
}

function readSignature(request: SignedRequest): Signature | null {
	const authorization = request.headers.authorization;
	if (authorization?.startsWith(`${algorithm} `)) {
		const parts = Object.fromEntries(
			authorization
				.slice(algorithm.length + 1)
				.split(",")
				.map((part) => part.trim().split(/=(.*)/s, 2)),
		);
		return {
			place: "header",
			...scope(parts.Credential),
			signedHeaders: (parts.SignedHeaders ?? "").split(";"),
			signature: parts.Signature ?? "",
			time: request.headers["x-amz-date"] ?? "",
			expires: null,
			token: request.headers["x-amz-security-token"],
		};
	}
	const query = new Map(parameters(request.query));
	if (query.get("X-Amz-Algorithm") !== algorithm) return null;
	return {
		place: "query",
		...scope(query.get("X-Amz-Credential")),
		signedHeaders: (query.get("X-Amz-SignedHeaders") ?? "").split(";"),
		signature: query.get("X-Amz-Signature") ?? "",
		time: query.get("X-Amz-Date") ?? "",
		expires: Number(query.get("X-Amz-Expires") ?? Number.NaN),
		token: query.get("X-Amz-Security-Token"),
	};
}

function scope(credential = "") {
	const [accessKeyId = "", day = "", region = "", service = "", end] =
		credential.split("/");
	if (end !== "aws4_request") {
		throw new AwsError(
			"IncompleteSignature",
			`The credential "${credential}" is not of the form KEY/DAY/REGION/SERVICE/aws4_request.`,
		);
	}
	return { accessKeyId, day, region, service };
}

type Refusals = ReturnType<typeof refusals>;

/** S3 and the JSON services call the same refusals by different names. */
function refusals(service: string) {
	const s3 = service === "s3";
	const error = (s3Code: string, jsonCode: string, message: string) =>
		new AwsError(s3 ? s3Code : jsonCode, message, s3 ? 403 : 400);
	return {
		unknownKey: () =>
			error(
				"InvalidAccessKeyId",
				service === "sqs"
					? "InvalidClientTokenId"
					: "UnrecognizedClientException",
				s3
					? "The AWS Access Key Id you provided does not exist in our records."
					: "The security token included in the request is invalid.",
			),
		badToken: () =>
			error(
				"InvalidToken",
				service === "sqs"
					? "InvalidClientTokenId"
					: "UnrecognizedClientException",
				s3
					? "The provided token is malformed or otherwise invalid."
					: "The security token included in the request is invalid.",
			),
		malformed: (message: string) =>
			error(
				"AuthorizationHeaderMalformed",
				"InvalidSignatureException",
				message,
			),
		mismatch: () =>
			error(
				"SignatureDoesNotMatch",
				service === "sqs"
					? "SignatureDoesNotMatch"
					: "InvalidSignatureException",
				"The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.",
			),
		skewed: (time: string) =>
			error(
				"RequestTimeTooSkewed",
				"InvalidSignatureException",
				`The difference between the request time (${time}) and the current time is too large.`,
			),
		unsignedHeader: (name: string) =>
			error(
				"AccessDenied",
				"InvalidSignatureException",
				`There were headers present in the request which were not signed: ${name}`,
			),
	};
}

function checkTime(signature: Signature, now: number, refuse: Refusals): void {
	const [, year, month, day, hour, minute, second] =
		/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(signature.time) ?? [];
	const time = Date.parse(
		`${year}-${month}-${day}T${hour}:${minute}:${second}Z`,
	);
	if (Number.isNaN(time)) {
		throw refuse.malformed(
			`X-Amz-Date "${signature.time}" is not of the form 20261231T235959Z.`,
		);
	}
	if (signature.expires === null) {
		if (Math.abs(now - time) > skewMilliseconds) {
			throw refuse.skewed(signature.time);
		}
		return;
	}
	const { expires } = signature;
	if (!(Number.isInteger(expires) && expires > 0 && expires <= maxExpiry)) {
		throw new AwsError(
			"AuthorizationQueryParametersError",
			`X-Amz-Expires must be from 1 to ${maxExpiry} seconds.`,
		);
	}
	if (time > now + skewMilliseconds) {
		throw new AwsError("AccessDenied", "Request is not yet valid", 403);
	}
	if (now > time + expires * 1_000) {
		throw new AwsError("AccessDenied", "Request has expired", 403);
	}
}

function checkSignedHeaders(
	request: SignedRequest,
	signature: Signature,
	refuse: Refusals,
): void {
	const signed = new Set(signature.signedHeaders);
	const mustBeSigned = Object.keys(request.headers).filter(
		(name) => name === "host" || name.startsWith("x-amz-"),
	);
	const unsigned = mustBeSigned.find((name) => !signed.has(name));
	if (unsigned) throw refuse.unsignedHeader(unsigned);
}

function payloadHash(request: SignedRequest, signature: Signature): string {
	const stated = request.headers["x-amz-content-sha256"];
	if (signature.service === "s3") {
		if (stated) return stated;
		if (signature.place === "query") return "UNSIGNED-PAYLOAD";
		throw new AwsError(
			"InvalidRequest",
			"Missing required header for this request: x-amz-content-sha256",
		);
	}
	return sha256(request.body);
}

function sign(
	request: SignedRequest,
	{ day, region, service, signedHeaders, time }: Signature,
	payload: string,
	secret: string,
): string {
	const segments = request.path.split("/");
	const canonicalRequest = [
		request.method,
		// Every service but S3 signs the path encoded once more.
		(service === "s3" ? segments.map(decodeUri) : segments)
			.map(encode)
			.join("/"),
		parameters(request.query)
			.filter(([name]) => name !== "X-Amz-Signature")
			.map(([name, value]) => `${encode(name)}=${encode(value)}`)
			.sort(byCodeUnits)
			.join("&"),
		...signedHeaders.map(
			(name) =>
				`${name}:${(request.headers[name] ?? "").trim().replace(/ +/g, " ")}`,
		),
		"",
		signedHeaders.join(";"),
		payload,
	].join("\n");
	const keyScope = `${day}/${region}/${service}/aws4_request`;
	return hmac(
		signingKey(secret, { day, region, service }),
		[algorithm, time, keyScope, sha256(canonicalRequest)].join("\n"),
	).toString("hex");
}

function signingKey(
	secret: string,
	{ day, region, service }: Pick<Signature, "day" | "region" | "service">,
): string | Buffer {
	return [day, region, service, "aws4_request"].reduce<string | Buffer>(
		hmac,
		`AWS4${secret}`,
	);
}

function parameters(query: string): [string, string][] {
	return query
		.split("&")
		.filter((part) => part)
		.map((part) => {
			const [name = "", value = ""] = part.split(/=(.*)/s, 2);
			return [decodeUri(name), decodeUri(value)];
		});
}

function byCodeUnits(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}

/** @throws AwsError `InvalidURI` */
export function decodeUri(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		throw new AwsError(
			"InvalidURI",
			`Couldn't parse the specified URI: "${text}" is not percent-encoded UTF-8.`,
		);
	}
}

function encode(text: string): string {
	return encodeURIComponent(text).replace(
		/[!'()*]/g,
		(character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
	);
}

function hmac(key: string | Buffer, text: string): Buffer {
	return createHmac("sha256", key).update(text).digest();
}

function sha256(content: string | Buffer): string {
	return createHash("sha256").update(content).digest("hex");
}

function same(a: string, b: string): boolean {
	return (
		a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
	);
}
