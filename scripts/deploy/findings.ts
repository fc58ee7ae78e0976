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
 * Returns the unacknowledged findings of the CDK's checks in an assembly. That includes warnings, which fail no synth,
 * such as a resource type that the region lacks.
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
