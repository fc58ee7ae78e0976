import { DescribeAvailabilityZonesCommand, EC2Client } from "@aws-sdk/client-ec2";
import { skipIfDenied } from "../environment/checks.ts";
import type { Target } from "../environment/target.ts";

/**
 * Checks that the account has the environment's availability zones. It asks: a local zone begins with the region's name,
 * too, and an account may not have every letter.
 * @throws naming the zones it has, or CheckSkipped if the credentials may not ask
 */
export async function zones({ client, environment: { name, region, availabilityZones } }: Target): Promise<string> {
	const { AvailabilityZones = [] } = await skipIfDenied(() =>
		new EC2Client(client).send(new DescribeAvailabilityZonesCommand({})),
	);
	const usable = new Map(
		AvailabilityZones.filter(({ ZoneType, State }) => ZoneType === "availability-zone" && State === "available").map(
			({ ZoneName = "", ZoneId }) => [ZoneName, `${ZoneName} (${ZoneId})`],
		),
	);
	const unusable = availabilityZones.filter((zone) => !usable.has(zone));
	if (unusable.length > 0) {
		throw new Error(
			`cdk.json: environments.${name}.availabilityZones: ${unusable.join(", ")} is no availability zone that this account can use in ${region}. It has ${[...usable.keys()].sort().join(", ")}.`,
		);
	}
	return `${region}: ${availabilityZones.map((zone) => usable.get(zone)).join(", ")}`;
}
