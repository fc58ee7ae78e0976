import { Link, useRouter } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useLanguage } from "#web/i18n/i18n.tsx";
import { Banner, Loading, sentenceOf } from "#web/ui/notice.tsx";
import styles from "./account.module.css";
import { leaveBy, session } from "./browser-session.ts";
import { comeFromGoogle } from "./google.ts";
import { pathBefore } from "./path-before.ts";

/** Where Google brings a person back to: signs them in, or says why not. */
export function SignInByGoogle() {
	const { t } = useLanguage();
	const router = useRouter();
	const [refusal, setRefusal] = useState<Error | null>(null);
	// A code is good once, and development mounts every component twice.
	const isBegun = useRef(false);
	useEffect(() => {
		if (isBegun.current) return;
		isBegun.current = true;
		comeFromGoogle(new URLSearchParams(location.search)).then((arrival) => {
			if (!arrival) return;
			leaveBy(arrival.leaveAddress);
			session.begin(arrival.tokens);
			router.history.replace(pathBefore(arrival.to));
		}, setRefusal);
	}, [router]);
	if (!refusal) return <Loading />;
	return (
		<div className={styles.form}>
			<h1 className={styles.title}>{t("account.signIn.title")}</h1>
			<Banner tone="danger">{sentenceOf(refusal, t("error.network")) || t("account.error.google")}</Banner>
			<Link to="/sign-in">{t("account.signIn.link")}</Link>
		</div>
	);
}
