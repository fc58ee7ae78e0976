// make db-seed-golden: uploads the images of a folder as one user, and waits until each is ready.
import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { step } from "#cli/progress.ts";
import { ApiProblem, type ItemBody, RestClient } from "#cli/rest-client.ts";
import { signIn } from "#cli/users.ts";
import { outputs } from "../deploy/outputs-file.ts";
import { askPassword } from "../environment/confirm.ts";
import { operate, type Target } from "../environment/target.ts";
import { demoPasswords, demoUsers } from "../local/local.ts";

/** Lambda accepts requests of 6 MB; in base64 that is 4 MB of image. */
const maxUpload = 4_000_000;

const contentTypes: Record<string, string> = {
	".png": "image/png",
	".jpg": "image/jpeg",
	".jpeg": "image/jpeg",
	".webp": "image/webp",
	".gif": "image/gif",
	".avif": "image/avif",
};

/** OCR of a screenshot takes a second or two, and two run at once. */
const secondsPerImage = 20;

await operate(async (target) => {
	const { DATASET } = process.env;
	if (!DATASET) {
		throw new Error(
			"DATASET is missing: run make db-seed-golden DATASET=folder, with images in the folder or in folder/images.",
		);
	}
	const files = await imagesIn(DATASET);
	const settings = await outputs(target);
	const { email, password } = await user(target);
	const token = await signIn(settings, email, password);
	const client = new RestClient(settings.ApiUrl, token);
	const uploaded: { name: string; id: string }[] = [];
	const failed: string[] = [];
	await step(`upload ${files.length} images`, async (update) => {
		for (const [index, file] of files.entries()) {
			const name = path.basename(file);
			try {
				const id = await upload(client, name, await readFile(file));
				uploaded.push({ name, id });
			} catch (error) {
				// The API refused this file; it may accept the others.
				if (!(error instanceof ApiProblem && error.status < 500)) throw error;
				if (error.status === 401) throw error;
				failed.push(`${name}: ${error.message}`);
			}
			update(index + 1, files.length);
		}
	});
	await step("describe and embed them", async (update) => {
		for (const [index, { id, name }] of uploaded.entries()) {
			const settled = await client.settled(id, files.length * secondsPerImage);
			if (settled.status === "failed") {
				failed.push(`${name}: ${settled.error?.detail}`);
			}
			update(index + 1, uploaded.length);
		}
	});
	if (failed.length > 0) {
		throw new Error(`${failed.length} of ${files.length} images failed, the others are ready:\n${failed.join("\n")}`);
	}
	console.log(
		`\n${files.length} images of ${email} are ready in environment ${target.name}. Repeating this command changes nothing.`,
	);
});

/** Uploads a file through the API, or straight to storage if it is too large for that. @returns the item's id */
async function upload(client: RestClient, name: string, bytes: Buffer): Promise<string> {
	const content = new Uint8Array(bytes);
	const contentType = contentTypes[path.extname(name).toLowerCase()];
	if (bytes.length <= maxUpload || !contentType) {
		return (await client.upload(name, content)).id;
	}
	const prepared = await client.call<ItemBody | { item_id: string; url: string; fields: Record<string, string> }>(
		"POST",
		"/uploads",
		{
			filename: name,
			content_type: contentType,
			size: bytes.length,
			sha256: createHash("sha256").update(bytes).digest("hex"),
		},
	);
	if ("id" in prepared) return prepared.id;
	const form = new FormData();
	for (const [field, value] of Object.entries(prepared.fields)) {
		form.append(field, value);
	}
	form.append("file", new Blob([content]), name);
	const answer = await fetch(prepared.url, { method: "POST", body: form });
	if (!answer.ok) {
		throw new Error(`Storage answered ${answer.status} to the upload of ${name}: run this again.`);
	}
	return prepared.item_id;
}

async function imagesIn(folder: string): Promise<string[]> {
	for (const candidate of [path.join(folder, "images"), folder]) {
		const names = await readdir(candidate).catch((error: NodeJS.ErrnoException) => {
			if (error.code === "ENOENT" || error.code === "ENOTDIR") return [];
			throw error;
		});
		const images = names.filter((name) => /\.(jpe?g|png|webp|gif|avif|tiff?|heic)$/i.test(name));
		if (images.length > 0) {
			return images.sort().map((name) => path.join(candidate, name));
		}
	}
	throw new Error(`There are no images in ${folder} or ${folder}/images.`);
}

async function user({ isLocal }: Target): Promise<{ email: string; password: string }> {
	const email = process.env.EMAIL || (isLocal ? demoUsers[0] : "");
	if (!email) {
		throw new Error("EMAIL is missing: name the user who shall own the images; make cognito-setup creates one.");
	}
	const known = process.env.PASSWORD || (isLocal && (await demoPasswords())[email]);
	return {
		email,
		password: known || (await askPassword(email)),
	};
}
