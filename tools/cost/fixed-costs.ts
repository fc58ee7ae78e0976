import type { Environment } from "#lib/environments.ts";
import { minutesOf } from "#lib/hours.ts";
import prices from "./aws-prices.json" with { type: "json" };
import { type All, type Line, line, priceOf } from "./line.ts";

/** Prices the resources that cost by the hour, used or not. */
export function fixedCosts(all: All, { database }: Pick<Environment, "database">): Line[] {
	const { hoursPerMonth: hours } = prices;
	const running = Math.round(hours * shareOfWeek(database.hours));
	const instances = all("AWS::RDS::DBInstance");
	const publicDatabases = instances.filter((properties) => properties.PubliclyAccessible);
	const machines = all("AWS::EC2::Instance");
	const publicSubnets = all("AWS::EC2::Subnet")
		.filter((properties) => properties.MapPublicIpOnLaunch)
		.map((properties) => properties.logicalId);
	const onNetwork = machines.flatMap((properties) => properties.NetworkInterfaces ?? []);
	const addresses =
		publicDatabases.length +
		all("AWS::EC2::EIP").length +
		machines.filter((properties) => publicSubnets.includes(properties.SubnetId?.Ref)).length +
		onNetwork.filter((properties) => properties.AssociatePublicIpAddress).length;
	const endpoints = all("AWS::EC2::VPCEndpoint").filter((properties) => properties.VpcEndpointType === "Interface");
	// RDS creates a secret for the master.
	const secrets =
		all("AWS::SecretsManager::Secret").length +
		instances.filter((properties) => properties.ManageMasterUserPassword).length;
	return [
		...instances.flatMap((properties) => {
			const copies = properties.MultiAZ ? 2 : 1;
			const size = Number(properties.AllocatedStorage);
			const zones = properties.MultiAZ ? ", in two zones" : "";
			const hour = priceOf(prices.rdsPostgresHour, properties.DBInstanceClass);
			return [
				line(`Postgres ${properties.DBInstanceClass}${zones}`, `${running} h`, copies * running * hour),
				...(properties.DatabaseInsightsMode === "advanced"
					? [
							line(
								"Database Insights, advanced",
								`${running} h`,
								running *
									priceOf(prices.rdsProcessors, properties.DBInstanceClass) *
									prices.databaseInsightsProcessorHour,
							),
						]
					: []),
				line(
					`Postgres storage, with backups of its size${zones}`,
					`${size} GB`,
					copies * size * prices.rdsStorageGbMonth,
				),
			];
		}),
		line("public IPv4 addresses", `${addresses}`, addresses * hours * prices.publicIpv4Hour),
		line(
			"NAT gateways",
			`${all("AWS::EC2::NatGateway").length}`,
			all("AWS::EC2::NatGateway").length * hours * prices.natGatewayHour,
		),
		...machines.flatMap((properties) => [
			line(`EC2 ${properties.InstanceType}`, `${hours} h`, hours * priceOf(prices.ec2Hour, properties.InstanceType)),
			line("EC2 volume", "8 GB", 8 * prices.ebsGbMonth),
		]),
		line("interface endpoints", `${endpoints.length}`, endpoints.length * hours * prices.interfaceEndpointHour),
		line("secrets", `${secrets}`, secrets * prices.secretMonth),
	];
}

/** Returns the part of a week in which the database runs. */
function shareOfWeek(hours: Environment["database"]["hours"]): number {
	if (!hours) return 1;
	const days = hours.days === "weekdays" ? 5 : 7;
	return (days * (minutesOf(hours.to) - minutesOf(hours.from))) / (7 * 24 * 60);
}
