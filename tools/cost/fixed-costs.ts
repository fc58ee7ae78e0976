import prices from "./aws-prices.json" with { type: "json" };
import { type All, type Line, line, priceOf } from "./line.ts";

/** What costs by the hour, used or not. */
export function fixedCosts(all: All): Line[] {
	const { hoursPerMonth: hours } = prices;
	const instances = all("AWS::RDS::DBInstance");
	const publicDatabases = instances.filter((one) => one.PubliclyAccessible);
	const machines = all("AWS::EC2::Instance");
	const onNetwork = machines.flatMap((one) => one.NetworkInterfaces ?? []);
	const addresses =
		publicDatabases.length +
		all("AWS::EC2::EIP").length +
		onNetwork.filter((one) => one.AssociatePublicIpAddress).length;
	const endpoints = all("AWS::EC2::VPCEndpoint").filter((one) => one.VpcEndpointType === "Interface");
	// RDS makes and keeps the master's own.
	const secrets =
		all("AWS::SecretsManager::Secret").length + instances.filter((one) => one.ManageMasterUserPassword).length;
	return [
		...instances.flatMap((one) => {
			const copies = one.MultiAZ ? 2 : 1;
			const size = Number(one.AllocatedStorage);
			const zones = one.MultiAZ ? ", in two zones" : "";
			const hour = priceOf(prices.rdsPostgresHour, one.DBInstanceClass);
			return [
				line(`Postgres ${one.DBInstanceClass}${zones}`, `${hours} h`, copies * hours * hour),
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
		...machines.flatMap((one) => [
			line(`EC2 ${one.InstanceType}`, `${hours} h`, hours * priceOf(prices.ec2Hour, one.InstanceType)),
			line("EC2 volume", "8 GB", 8 * prices.ebsGbMonth),
		]),
		line("interface endpoints", `${endpoints.length}`, endpoints.length * hours * prices.interfaceEndpointHour),
		line("secrets", `${secrets}`, secrets * prices.secretMonth),
	];
}
