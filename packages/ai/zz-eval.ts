import { readFileSync } from "node:fs";
import { embeddingText, imageDescription, searchText } from "#core/analysis.ts";
import { offlineEmbedder } from "./offline/embedder.ts";
const A = JSON.parse(readFileSync("/work/shared/golden/analyses.json","utf8"));
const Q = JSON.parse(readFileSync("/work/shared/golden/queries.json","utf8"));
const docs = A.map((a:any)=>({id:a.item_id,text:embeddingText(searchText(imageDescription.parse(a)))}));
async function run(p: any){ const e=offlineEmbedder(); const dv=await e.embed(docs.map((d:any)=>d.text),"document"); let s=0; let s2=0;let n2=0,h=0,h2=0; let i=0; 
 for (const q of Q){ if(!q.expected_items.length) {continue;} const [qv]=await e.embed([q.query_text],"query"); const r=dv.map((v,i)=>({id:docs[i].id,s:v.reduce((t,x,k)=>t+x*qv![k]!,0)})).sort((a,b)=>b.s-a.s).slice(0,10);
  const rel=new Map(q.expected_items.map((x:any)=>[x.item_id,x.relevance==="high"?2:1])); const g=(k:number)=>2**k-1; const dcg=r.reduce((t,x,i)=>t+g((rel.get(x.id) as number)??0)/Math.log2(i+2),0); const ideal=[...rel.values()].sort((a:any,b:any)=>b-a).slice(0,10).reduce((t:number,x:any,i:number)=>t+g(x)/Math.log2(i+2),0); const nd=dcg/(ideal as number); if(i++%2)h+=nd;else h2+=nd; s+=nd; n2++; }
 return [(s/n2).toFixed(4), (h/Math.floor(n2/2)).toFixed(3),(h2/Math.ceil(n2/2)).toFixed(3), n2]; }
console.log("--- known item: headline -> extracted text; key_interest -> headline+summary");
const kd=A.map((a:any)=>a.image_details.extracted_text.join("\n")), kq=A.map((a:any)=>a.headline);
const hd=A.map((a:any)=>a.summary), hq=A.map((a:any)=>a.image_details.extracted_text.join(" ").split(/\s+/).slice(0,12).join(" "));
async function mrr(D:string[],Qs:string[]){const e=offlineEmbedder(); const dv=await e.embed(D,"document"),qv=await e.embed(Qs,"query"); let s=0; qv.forEach((q,i)=>{const sc=dv.map(v=>v.reduce((t,x,k)=>t+x*q[k]!,0)); const r=sc.filter(x=>x>sc[i]!).length+1; s+=1/r;}); return (s/Qs.length).toFixed(3);}
console.log(...(await run({})),await mrr(kd,kq),await mrr(hd,hq));
