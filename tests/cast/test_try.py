import pytest, builtins, time, sys, json
from tests.cast import scene as s, looking
from django.urls import reverse, get_resolver
OUT=[]
AB=dict(zip(s.CAST,'CLI COL OTD OTH DESK ODESK LAB EPI DUTY HIV REPI SEPI NEPI CEPI BUR SN RSN GRID ADM AUD STR FSN OUT'.split()))
def print(*a): OUT.append(' '.join(map(str,a)))
@pytest.mark.django_db
def test_it():
    t=time.time()
    made=s.scene()
    print("scene", time.time()-t)
    cast=looking.Cast(made)
    subs={}
    def routes(resolver=None, space=""):
        for e in (resolver or get_resolver()).url_patterns:
            if hasattr(e,'url_patterns'): yield from routes(e, f"{space}{e.namespace}:" if e.namespace else space)
            else: yield f"{space}{e.name}", list(e.pattern.converters)
    guess={"case_id":["child.case","hiv.case","pupil.case","cholera.case"],"card_id":["child.card","hiv.card","pupil.card","cholera.card"],"suspicion_id":["child.suspicion","hiv.suspicion","pupil.suspicion","cholera.suspicion"],
      "person_id":["child.person","hiv.person","pupil.person"],"record_id":["child.record","hiv.record"],"signal_id":["signal"],"feedback_id":["feedback"],"item_id":["quarantined"],"batch_id":["batch"],"feed_id":["feed"],"glass_id":["glass"],"person":["hiv.person"],"subject":["hiv.person"],"view_id":["view"]}
    short={n:(n if len(n)<14 else n) for n in s.CAST}
    for name, convs in routes():
        if name.startswith("account_"): continue
        choices=[""]
        if convs:
            if convs==["page"]: choices=["cases"]
            elif convs==["page","view_id"]: choices=["cases view"]
            elif len(convs)==1 and convs[0] in guess: choices=guess[convs[0]]
            else:
                print("UNKNOWN", name, convs); continue
        if name.startswith("work:") and convs: choices=["errand"]
        for about in choices:
            try: url=looking.address(made,name,about)
            except Exception as e:
                print("ERR", name, about, e); continue
            for method in ("GET","POST"):
                line={}; leaks={}
                for who in s.CAST:
                    t1=time.time()
                    try: a=cast.ask(who, method, url)
                    except Exception as e:
                        line.setdefault("EXC "+type(e).__name__+str(e)[:80],[]).append(who); continue
                    line.setdefault(a.status,[]).append(who)
                    if a.status==302: leaks.setdefault("->"+a.text[:30].split("\n")[0].split("?")[0],[]).append(who)
                    body=a.text
                    for st,told in made.stories.items():
                        found=[w for w in (told.name,told.masked,*told.numbers,*told.disease) if w in body]+[k for k,v in told.ids.items() if str(v) in body and str(v) not in url]
                        if found: leaks.setdefault(f"{st}:{','.join(found)}",[]).append(who)
                    if "公孙无名" in body: leaks.setdefault("QUAR",[]).append(who)
                if 405 in line and set(line)<={405,302,403}: continue
                print(method,name,about)
                for k,v in line.items(): print("     ",k,len(v),"ALL" if len(v)==len(s.CAST) else " ".join(AB[x] for x in v))
                for k,v in leaks.items(): print("        *",k,"|"," ".join(AB[x] for x in v))
    print("all", time.time()-t)
    print(made.ids)
    import yifang.kernel; open("/tmp/h11-out.txt","w").write("\n".join(OUT))
