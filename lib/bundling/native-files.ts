import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { BundleParts } from "#lambda-kit/bundle-parts.ts";
import { nativesOf, type Target } from "./install-natives.ts";

type Native = NonNullable<BundleParts["natives"]>[number];

/** A file or folder of a native package, and its path in a bundle. */
interface NativeFile {
	path: string;
	from: string;
}

const root = join(import.meta.dirname, "../..");

/** Lists what a bundle carries of each native package for a target. */
export const nativeFiles: Record<Native, (target: Target) => NativeFile[]> = {
	sharp: (target) => {
		const modules = nativesOf(target);
		return readdirSync(modules)
			.filter((folder) => !folder.startsWith("."))
			.map((folder) => ({ path: `node_modules/${folder}`, from: join(modules, folder) }));
	},

	// The package brings the binaries of every platform, 270 MB; its install script would fetch those of GPUs, and never runs.
	"onnxruntime-node": ({ os, cpu }) => {
		const binary = `node_modules/onnxruntime-node/bin/napi-v6/${os}/${cpu}`;
		if (!existsSync(join(root, binary))) {
			throw new Error(`onnxruntime-node has no binary for ${os}-${cpu}, so that no text could be read there.`);
		}
		return [
			...filesIn(binary, /\.(node|so(\.\d+)*|dylib|dll)$/),
			...filesIn("node_modules/onnxruntime-node", /^package\.json$/),
			...filesIn("node_modules/onnxruntime-node/dist", /\.js$/),
			...filesIn("node_modules/onnxruntime-common", /^package\.json$/),
			...filesIn("node_modules/onnxruntime-common/dist/cjs", /\.js$|^package\.json$/),
		];
	},
};

function filesIn(folder: string, name: RegExp): NativeFile[] {
	return readdirSync(join(root, folder))
		.filter((file) => name.test(file))
		.map((file) => ({ path: `${folder}/${file}`, from: join(root, folder, file) }));
}
