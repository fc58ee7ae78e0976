import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve, sep } from "node:path";
import { type Unzipped, unzipSync } from "fflate";
import { AwsError } from "../../endpoint/types.ts";

/**
 * Unpacks a zip file into a folder.
 * @throws AwsError where it is not a zip file, or an entry would be written outside the folder; nothing is written then
 */
export function unzip(zip: Buffer, folder: string): void {
	const files = Object.entries(readZip(zip))
		.filter(([path]) => !path.endsWith("/"))
		.map(([path, content]) => {
			const file = resolve(folder, path);
			if (!file.startsWith(resolve(folder) + sep)) throw unreadable(path);
			return { file, content };
		});
	for (const { file, content } of files) {
		mkdirSync(dirname(file), { recursive: true });
		writeFileSync(file, content);
	}
}

function readZip(zip: Buffer): Unzipped {
	try {
		return unzipSync(zip);
	} catch {
		throw unreadable();
	}
}

const unreadable = (path = "") =>
	new AwsError(
		"InvalidParameterValueException",
		`Could not unzip uploaded file. Please check your file, then try to upload again.${path && ` (${path})`}`,
	);
