import { readFileSync } from "node:fs";
import path from "node:path";

interface Report {
	pluginReports: {
		violations: {
			ruleName: string;
			description: string;
			violatingConstructs: { constructPath?: string }[];
		}[];
	}[];
}

/**
 * What the CDK's checks found in an assembly and nobody has answered, warnings included, which fail no synth: a
 * resource type that a region lacks is one of them.
 */
export function openFindings(assembly: string): string[] {
	const { pluginReports }: Report = JSON.parse(readFileSync(path.join(assembly, "validation-report.json"), "utf8"));
	return pluginReports
		.flatMap(({ violations }) => violations)
		.map(
			({ ruleName, description, violatingConstructs }) =>
				`${violatingConstructs.map(({ constructPath }) => constructPath).join(", ")}: ${description} (${ruleName})`,
		);
}
