import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { AwsError, type AwsRequest, notImplemented } from "./types.ts";

const crlf = Buffer.from("\r\n");

/** Decodes `aws-chunked` and verifies every checksum that the client sent, in a header or trailer. */
export function decodeChunked(request: AwsRequest): Buffer {
	const { headers } = request;
	const hash = headers["x-amz-content-sha256"] ?? "";
	if (hash.startsWith("STREAMING-AWS4")) {
		throw notImplemented(`A body whose chunks are signed (${hash})`);
	}
	let { body } = request;
	if (hash === "STREAMING-UNSIGNED-PAYLOAD-TRAILER") {
		body = unchunk(body, headers);
		const stated = Number(headers["x-amz-decoded-content-length"]);
		if (body.length !== stated) {
			throw new AwsError(
				"IncompleteBody",
				`The body has ${body.length} bytes, x-amz-decoded-content-length says ${stated}.`,
			);
		}
	}
	verifyChecksums(body, headers);
	return body;
}

/** Decodes the chunks and adds the trailers to the headers, so that checksums are found in one place. */
function unchunk(body: Buffer, headers: Record<string, string>): Buffer {
	const parts: Buffer[] = [];
	let position = 0;
	const line = () => {
		const end = body.indexOf(crlf, position);
		if (end < 0) {
			throw new AwsError("IncompleteBody", "The aws-chunked body ends within a chunk.");
		}
		const text = body.toString("latin1", position, end);
		position = end + crlf.length;
		return text;
	};
	for (;;) {
		const size = Number.parseInt(line(), 16);
		if (!(size > 0)) break;
		parts.push(body.subarray(position, position + size));
		position += size + crlf.length;
	}
	const announced = new Set((headers["x-amz-trailer"] ?? "").toLowerCase().split(","));
	while (position < body.length) {
		const [name = "", value = ""] = line().split(/:(.*)/s, 2);
		if (announced.has(name.toLowerCase())) {
			headers[name.toLowerCase()] = value.trim();
		}
	}
	return Buffer.concat(parts);
}

const digest = (algorithm: string) => (body: Buffer) => createHash(algorithm).update(body).digest("base64");

const checksums: Record<string, (body: Buffer) => string> = {
	"x-amz-checksum-crc32": (body) => {
		const sum = Buffer.alloc(4);
		sum.writeUInt32BE(crc32(body));
		return sum.toString("base64");
	},
	"x-amz-checksum-sha1": digest("sha1"),
	"x-amz-checksum-sha256": digest("sha256"),
	"content-md5": digest("md5"),
};

function verifyChecksums(body: Buffer, headers: Record<string, string>): void {
	for (const [name, value] of Object.entries(headers)) {
		const compute = checksums[name];
		if (compute && compute(body) !== value) {
			throw new AwsError("BadDigest", `The ${name} you specified did not match the calculated checksum.`);
		}
		if (!compute && /^x-amz-checksum-(?!mode|type|algorithm)/.test(name)) {
			throw notImplemented(`The checksum header ${name}`);
		}
	}
}
