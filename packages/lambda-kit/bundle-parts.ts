/** The parts that the build adds to a function's own code, or leaves out. `lambdas/<name>/bundle.ts` declares them where there are any. */
export interface BundleParts {
	/** Packages that a dependency names and the function never loads. */
	unused?: readonly string[];
	/** Packages with a native part, which the bundle carries for the processor it runs on. */
	natives?: readonly ("sharp" | "onnxruntime-node")[];
	/** Entry points of worker threads: the source of each, by its file in the bundle. */
	threads?: Readonly<Record<string, string>>;
	/** Files and folders that the function reads when it runs: where each comes from, by its path in the bundle. */
	files?: Readonly<Record<string, string>>;
}
