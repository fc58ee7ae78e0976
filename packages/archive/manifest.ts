import { z } from "zod";
import { ArchiveRefused } from "./refusal.ts";

/** Ends every tar file. Parts are joined without it. */
export const endOfTar = 1_024;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const bytes = z.int().min(0);

/** The only files of an archive: no path leaves its folder, and none is a name that a file system refuses. */
const path = z
	.string()
	.max(200)
	.regex(/^(?:(?:items|originals|chats)\/[0-9a-z][0-9a-z-]{0,99}\.[a-z0-9]{1,8}|albums\.json)$/, {
		error: "is no path of an archive",
	});

const manifestSchema = z.object({
	format: z.literal("collections-archive", { error: "is no archive of Collections" }),
	version: z.literal(1, { error: "is of a newer version: update this program" }),
	created_at: z.iso.datetime(),
	counts: z.object({ items: bytes, albums: bytes, chats: bytes, left_out: bytes }),
	parts: z.array(
		z.object({
			name: z.string().regex(/^[a-z]{1,20}-\d{1,12}\.tar$/, { error: "is no name of a part" }),
			// A tar file is whole blocks.
			size: bytes.min(endOfTar).multipleOf(512),
			sha256,
		}),
	),
	entries: z.array(z.object({ path, size: bytes, sha256, part: z.string() })),
});

/** The list of everything in an archive. */
export type Manifest = z.infer<typeof manifestSchema>;

export const manifestName = "manifest.json";
/** That of 200,000 items has 60 MB. */
export const maxManifestBytes = 256 * 1024 * 1024;

/** Reads a manifest. @throws ArchiveRefused where it is none, or names what no archive has */
export function manifestOf(text: string, source: string): Manifest {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		throw refused(`The manifest of ${source} is no JSON: it is damaged, or no archive of Collections.`);
	}
	const { success, data, error } = manifestSchema.safeParse(value);
	if (!success) {
		const [issue] = error.issues;
		const place = issue?.path.join(".");
		throw refused(`The manifest of ${source} cannot be trusted: ${place ? `${place} ` : "it "}${issue?.message}.`);
	}
	const seen = new Set<string>();
	for (const entry of data.entries) {
		if (seen.has(entry.path)) throw refused(`The manifest of ${source} names ${entry.path} twice.`);
		seen.add(entry.path);
	}
	return data;
}

const refused = (sentence: string) => new ArchiveRefused("bad_manifest", manifestName, sentence);
