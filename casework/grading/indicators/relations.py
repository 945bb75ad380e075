"""G4 关联关系信息: what those around an enterprise did. Only a signal; it looks at records, never at others' grades."""

from casework.core.i18n import N_
from casework.grading.rules import Example, Indicator, Listing, Past, Relation

RELATIONS = "国市监信发〔2022〕6号（关联关系信息）"

INDICATORS = (
    Indicator(
        code="4.01",
        key="kin_in_trouble",
        label="同一法定代表人名下的问题主体",
        label_en="Troubled enterprises of the same person",
        basis=RELATIONS,
        formula=N_("同一法定代表人（负责人、经营者）名下，被吊销或当前列入经营异常名录、严重违法失信名单、失信被执行人名单的其他主体数。"),
        group="relations",
        rule=Relation("kin_in_trouble", ((1, 15), (3, 40))),
        examples=(
            Example(N_("名下另有1户被吊销"), 15, features={"kin_in_trouble": 1}),
            Example(N_("名下另有3户在列异常名录"), 40, features={"kin_in_trouble": 3}),
        ),
    ),
    Indicator(
        code="4.02",
        key="same_address",
        label="同一住所主体过多",
        label_en="Many enterprises at one address",
        basis=RELATIONS,
        formula=N_("同一住所登记的在册主体数；依法登记的集群（托管）地址不计。"),
        group="relations",
        rule=Relation("same_address", ((20, 15), (50, 30))),
        instead={"individual": None},
        examples=(
            Example(N_("同一住所19户"), 0, features={"same_address": 19}),
            Example(N_("同一住所20户"), 15, features={"same_address": 20}),
            Example(N_("同一住所80户"), 30, features={"same_address": 80}),
        ),
    ),
    Indicator(
        code="4.03",
        key="parent_listed",
        label="隶属企业严重失信",
        label_en="Head office seriously discredited",
        basis=RELATIONS,
        formula=N_("分支机构的隶属企业当前列入严重违法失信名单或为失信被执行人。"),
        group="relations",
        rule=Relation("parent_listed", ((1, 20),)),
        instead={"individual": None},
        examples=(Example(N_("总公司为失信被执行人"), 20, features={"parent_listed": 1}),),
    ),
    Indicator(
        code="4.04",
        key="disqualified",
        label="法定代表人任职资格受限",
        label_en="Representative barred from office",
        basis=f"公司法；{RELATIONS}",
        formula=N_("法定代表人（负责人）当前任职资格受限，解除之日起不计。"),
        group="relations",
        rule=Listing({"disqualified.0": 40}),
        examples=(Example(N_("法定代表人任职受限"), 40, (Past("disqualified.0", 100),)),),
    ),
)  # fmt: skip
