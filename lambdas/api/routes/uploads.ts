import { randomUUID } from "node:crypto";
import { z } from "@hono/zod-openapi";
import { AppError } from "#core/errors.ts";
import { text } from "#core/input-fields.ts";
import { type ImageType, imageTypes } from "#core/items/item.ts";
import { maxOriginalBytes, prepareUpload } from "#core/items/prepare-upload.ts";
import type { UseQuotas } from "#core/limits/quotas.ts";
import type { UploadForm } from "#core/ports/index.ts";
import type { Problem } from "#lambda-kit/problem.ts";
import { problemIn } from "../http/answer-error.ts";
import { problemSchema } from "../http/error-responses.ts";
import { invalidFields } from "../http/invalid-fields.ts";
import type { Charge } from "../http/rate-limiter.ts";
import type { RegisterRoutes } from "../http/route-module.ts";
import { guarded, json, noQuery, requiredBody } from "../http/routing.ts";
import { uploadQuota } from "../http/upload-quota.ts";
import { itemSchema, presentItem } from "../presenters/item.ts";
import { routes } from "./table.ts";

const accepted = Object.keys(imageTypes) as [ImageType, ...ImageType[]];

const announced = z
	.strictObject({
		filename: text(1_000),
		content_type: z.enum(accepted, {
			error: `Must be one of ${accepted.join(", ")}`,
		}),
		size: z
			.int()
			.min(1)
			.openapi({
				description: `The number of bytes, at most ${maxOriginalBytes}.`,
			}),
		sha256: z
			.string()
			// The document has the pattern, where a flag would be part of it.
			.regex(/^[0-9a-fA-F]{64}$/, {
				error: "Must be the 64 hex digits of a SHA-256",
			})
			.optional()
			.openapi({
				description: "The SHA-256 of the image's bytes.",
				example: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
			}),
	})
	.openapi("AnnouncedFile");

const maxFiles = 50;

const announcedFiles = z
	.strictObject({
		// Each is checked on its own: a file that is refused does not hold up the others.
		files: z
			.array(z.unknown())
			.min(1)
			.max(maxFiles)
			.openapi({
				type: "array",
				items: { $ref: "#/components/schemas/AnnouncedFile" },
				minItems: 1,
				maxItems: maxFiles,
			}),
	})
	.openapi("AnnouncedFiles");

const form = z
	.object({
		item_id: z.uuid(),
		url: z.url(),
		fields: z.record(z.string(), z.string()),
		expires_at: z.iso.datetime(),
	})
	.openapi("UploadForm");

const uploads = z
	.object({
		uploads: z
			.array(z.union([form, itemSchema, problemSchema]))
			.openapi({ description: "What each file alone would be answered, in the order of `files`." }),
	})
	.openapi("Uploads");

/** A call costs about as much as the rows of ten files. */
const filesPerUnit = 10;

function chargeOf(body: unknown): Charge {
	const { files } = (body ?? {}) as { files?: unknown };
	const count = Array.isArray(files) ? files.length : 1;
	return { routeClass: routes.prepareUpload.limit, units: Math.max(1, Math.ceil(count / filesPerUnit)) };
}

const prepare = guarded(
	routes.prepareUpload,
	{
		tags: ["Add images"],
		summary: "Announce images of up to 50 MB, to be sent straight to storage",
		description: `Post a form's \`fields\`, then the image as \`file\`, to its \`url\` as multipart/form-data until \`expires_at\`: exactly \`size\` bytes. The item is \`pending\` until they arrive, and \`failed\` (\`upload_missing\`) where they have not arrived an hour after the form expired. With the \`sha256\` of an item that you have, the answer is that item. Up to ${maxFiles} \`files\` at once are answered each on its own, and count as one request for ${filesPerUnit}.`,
		request: { query: noQuery, body: requiredBody(z.union([announced, announcedFiles])) },
		responses: {
			200: json("You have items with these bytes already: send nothing.", z.union([itemSchema, uploads])),
			201: json("The address and the form fields that take the image.", z.union([form, uploads])),
		},
	},
	chargeOf,
);

interface Uploader {
	userId: string;
	quotas: UseQuotas;
}

/** Serves uploads that are too large for a request of this API, or many. */
export const register: RegisterRoutes = (app, ports, { limits, personsQuotas }) => {
	const countUpload = uploadQuota(ports);

	async function prepared({ userId, quotas }: Uploader, file: z.output<typeof announced>) {
		const id = randomUUID();
		const announcement = {
			id,
			filename: file.filename,
			contentType: file.content_type,
			size: file.size,
			sha256: file.sha256?.toLowerCase() ?? null,
		};
		const result = await countUpload(
			quotas,
			userId,
			() => prepareUpload(ports, userId, announcement, limits),
			(answer) => "itemId" in answer && answer.itemId === id,
		);
		return "existing" in result
			? { created: false as const, body: await presentItem(ports, result.existing) }
			: { created: true as const, body: presentForm(result) };
	}

	/** Prepares one of many files. */
	async function preparedOrProblem(uploader: Uploader, file: unknown, at: number, requestId: string) {
		try {
			const { success, data, error } = announced.safeParse(file);
			if (success) return await prepared(uploader, data);
			throw invalidFields(
				"json",
				error.issues.map((issue) => ({ ...issue, path: ["files", at, ...issue.path] })),
			);
		} catch (error) {
			if (!(error instanceof AppError)) throw error;
			const body: Problem = problemIn(error, requestId);
			return { created: false as const, body };
		}
	}

	app.openapi(prepare, async (c) => {
		const body = c.req.valid("json");
		const uploader = {
			userId: c.get("userId"),
			quotas: await personsQuotas(c.get("userId"), c.get("groups"), "uploads"),
		};
		if (!("files" in body)) {
			const upload = await prepared(uploader, body);
			return upload.created ? c.json(upload.body, 201) : c.json(upload.body, 200);
		}
		const results = [];
		// One after the other: the rows of one request must not occupy every connection of the sandbox.
		for (const [at, file] of body.files.entries()) {
			results.push(await preparedOrProblem(uploader, file, at, c.get("requestId")));
		}
		const answer = { uploads: results.map((result) => result.body) };
		return results.some(({ created }) => created) ? c.json(answer, 201) : c.json(answer, 200);
	});
};

function presentForm({ itemId, form: { url, fields, expiresAt } }: { itemId: string; form: UploadForm }) {
	return { item_id: itemId, url, fields, expires_at: expiresAt.toISOString() };
}
