import { useSyncExternalStore } from "react";
import { sha256Of } from "#client/src/digest.ts";
import { api, bodyOf, type Schemas } from "#web/app/api.ts";
import { session } from "#web/features/account/browser-session.ts";
import { keptFiles } from "./kept-files.ts";
import { UploadQueue } from "./upload-queue.ts";

/** Posts the form with the file; `fetch` reports no progress of what it sends. */
function send(
	form: Schemas["UploadForm"],
	file: File,
	onProgress: (sent: number) => void,
	signal: AbortSignal,
): Promise<void> {
	return new Promise((resolve, reject) => {
		const request = new XMLHttpRequest();
		const body = new FormData();
		for (const [field, value] of Object.entries(form.fields)) body.append(field, value);
		body.append("file", file);
		request.upload.onprogress = ({ loaded }) => onProgress(Math.min(loaded, file.size));
		request.onload = () =>
			request.status < 300 ? resolve() : reject(new Error(`Storage answered ${request.status} to ${file.name}.`));
		request.onerror = () => reject(new TypeError("Storage could not be reached."));
		request.onabort = () => reject(signal.reason);
		signal.addEventListener("abort", () => request.abort(), { once: true });
		request.open("POST", form.url);
		request.send(body);
	});
}

const owner = () => session.person?.sub ?? "";

export const uploadQueue = new UploadQueue({
	async announce(files) {
		const answer = await bodyOf(api().POST("/uploads", { body: { files } }));
		return (answer as Schemas["Uploads"]).uploads;
	},
	send,
	sha256: async (file) => sha256Of(await file.arrayBuffer()),
	keep: (file) => keptFiles.keep(owner(), file),
	forget: keptFiles.forget,
	kept: () => keptFiles.kept(owner()),
	sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
	describe: (error) => error.message,
});

export const useUploads = () => useSyncExternalStore(uploadQueue.subscribe, uploadQueue.snapshot);
