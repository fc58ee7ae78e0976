import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import cdk from "../../cdk.json" with { type: "json" };
import project from "../../package.json" with { type: "json" };
import { type Environment, environmentNames } from "../environments.ts";
import { readEnvironment } from "../read-environment.ts";

const root = join(import.meta.dirname, "../..");

/** Packages with a native part, which a bundle carries for the processor it runs on. */
const packages = { sharp: project.dependencies.sharp };

/** The platform of a native package, as npm names it. */
export interface Target {
	os: string;
	cpu: string;
}

/** Returns the platform of an architecture. Lambda is Linux; `host` is the machine that synthesizes. */
export function targetOf(architecture: Environment["architecture"]): Target {
	if (architecture === "host") {
		return { os: process.platform, cpu: process.arch };
	}
	return { os: "linux", cpu: architecture === "x86_64" ? "x64" : architecture };
}

/**
 * Returns the folder whose `node_modules` holds the native packages for a target.
 * @throws where they are not installed
 */
export function nativesOf(target: Target): string {
	const folder = folderOf(target);
	if (!installed(target)) {
		throw new Error(`sharp ${packages.sharp} for ${target.os}-${target.cpu} is not in ${folder}: run make install.`);
	}
	return join(folder, "node_modules");
}

/** Installs the native packages for a target; where they are installed it needs no network. */
function installNatives(target: Target): boolean {
	const folder = folderOf(target);
	if (installed(target)) return false;
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies: packages }));
	execFileSync("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"], {
		cwd: folder,
		stdio: ["ignore", "ignore", "inherit"],
		env: {
			...process.env,
			npm_config_os: target.os,
			npm_config_cpu: target.cpu,
			...(target.os === "linux" && { npm_config_libc: "glibc" }),
		},
	});
	if (!installed(target)) {
		throw new Error(
			`npm installed sharp in ${folder} without its binary for ${target.os}-${target.cpu}: remove the folder and run make install again.`,
		);
	}
	return true;
}

function folderOf({ os, cpu }: Target): string {
	return join(root, ".build", "natives", `${os}-${cpu}`);
}

/** Returns whether the required version is there with the target's binary beside it. */
function installed(target: Target): boolean {
	const modules = join(folderOf(target), "node_modules");
	const manifest = join(modules, "sharp", "package.json");
	return (
		existsSync(manifest) &&
		JSON.parse(readFileSync(manifest, "utf8")).version === packages.sharp &&
		["sharp", "sharp-libvips"].every((part) => existsSync(join(modules, "@img", `${part}-${target.os}-${target.cpu}`)))
	);
}

if (import.meta.main) {
	const architectures = new Set(
		environmentNames.map((name) => readEnvironment(cdk.context.environments, name).architecture),
	);
	for (const architecture of architectures) {
		const target = targetOf(architecture);
		const did = installNatives(target) ? "installed" : "already there";
		console.log(`sharp ${packages.sharp} for ${target.os}-${target.cpu}: ${did}`);
	}
}
