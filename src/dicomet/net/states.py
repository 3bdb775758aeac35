"""The state machine of the upper layer, as a table. PS3.8 §9.2, Tables 9-2 to 9-10.

Rows are events, columns states 1 to 13. An entry is an action; the states that an action leads to stand in
`NEXT_STATES`. An event that has no entry in a state cannot happen there: if it comes from the network, `UpperLayer`
never makes it of what it received; if it is what a caller wants, the caller is told.
"""

from __future__ import annotations

STATES = {
    1: "idle",
    2: "transport connection open, awaiting A-ASSOCIATE-RQ PDU",
    3: "awaiting local A-ASSOCIATE response",
    4: "awaiting transport connection opening to complete",
    5: "awaiting A-ASSOCIATE-AC or A-ASSOCIATE-RJ PDU",
    6: "association established, ready for data transfer",
    7: "awaiting A-RELEASE-RP PDU",
    8: "awaiting local A-RELEASE response",
    9: "release collision, requestor side, awaiting local A-RELEASE response",
    10: "release collision, acceptor side, awaiting A-RELEASE-RP PDU",
    11: "release collision, requestor side, awaiting A-RELEASE-RP PDU",
    12: "release collision, acceptor side, awaiting local A-RELEASE response",
    13: "awaiting transport connection close",
}

EVENTS = {
    1: "A-ASSOCIATE request (local user)",
    2: "transport connection confirmed (local transport service)",
    3: "A-ASSOCIATE-AC PDU received",
    4: "A-ASSOCIATE-RJ PDU received",
    5: "transport connection indication (local transport service)",
    6: "A-ASSOCIATE-RQ PDU received",
    7: "A-ASSOCIATE response, accept (local user)",
    8: "A-ASSOCIATE response, reject (local user)",
    9: "P-DATA request (local user)",
    10: "P-DATA-TF PDU received",
    11: "A-RELEASE request (local user)",
    12: "A-RELEASE-RQ PDU received",
    13: "A-RELEASE-RP PDU received",
    14: "A-RELEASE response (local user)",
    15: "A-ABORT request (local user)",
    16: "A-ABORT PDU received",
    17: "transport connection closed indication (local transport service)",
    18: "ARTIM timer expired",
    19: "unrecognized or invalid PDU received",
}

# A row for each event: what is done in the states 1 to 13. Table 9-10
_ROWS = """
 1  AE-1   -      -      -      -      -      -      -      -      -      -      -      -
 2  -      -      -      AE-2   -      -      -      -      -      -      -      -      -
 3  -      AA-1   AA-8   -      AE-3   AA-8   AA-8   AA-8   AA-8   AA-8   AA-8   AA-8   AA-6
 4  -      AA-1   AA-8   -      AE-4   AA-8   AA-8   AA-8   AA-8   AA-8   AA-8   AA-8   AA-6
 5  AE-5   -      -      -      -      -      -      -      -      -      -      -      -
 6  -      AE-6   AA-8   -      AA-8   AA-8   AA-8   AA-8   AA-8   AA-8   AA-8   AA-8   AA-7
 7  -      -      AE-7   -      -      -      -      -      -      -      -      -      -
 8  -      -      AE-8   -      -      -      -      -      -      -      -      -      -
 9  -      -      -      -      -      DT-1   -      AR-7   -      -      -      -      -
10  -      AA-1   AA-8   -      AA-8   DT-2   AR-6   AA-8   AA-8   AA-8   AA-8   AA-8   AA-6
11  -      -      -      -      -      AR-1   -      -      -      -      -      -      -
12  -      AA-1   AA-8   -      AA-8   AR-2   AR-8   AA-8   AA-8   AA-8   AA-8   AA-8   AA-6
13  -      AA-1   AA-8   -      AA-8   AA-8   AR-3   AA-8   AA-8   AR-10  AR-3   AA-8   AA-6
14  -      -      -      -      -      -      -      AR-4   AR-9   -      -      AR-4   -
15  -      -      AA-1   AA-2   AA-1   AA-1   AA-1   AA-1   AA-1   AA-1   AA-1   AA-1   -
16  -      AA-2   AA-3   -      AA-3   AA-3   AA-3   AA-3   AA-3   AA-3   AA-3   AA-3   AA-2
17  -      AA-5   AA-4   AA-4   AA-4   AA-4   AA-4   AA-4   AA-4   AA-4   AA-4   AA-4   AR-5
18  -      AA-2   -      -      -      -      -      -      -      -      -      -      AA-2
19  -      AA-1   AA-8   -      AA-8   AA-8   AA-8   AA-8   AA-8   AA-8   AA-8   AA-8   AA-7
"""

ACTIONS: dict[tuple[int, int], str] = {
    (int(row[0]), state): action
    for row in (line.split() for line in _ROWS.strip().splitlines())
    for state, action in enumerate(row[1:], 1)
    if action != "-"
}
"""What is done on an event in a state: (event, state) to action."""

NEXT_STATES: dict[str, tuple[int, ...]] = {
    "AE-1": (4,),
    "AE-2": (5,),
    "AE-3": (6,),
    "AE-4": (1,),
    "AE-5": (2,),
    "AE-6": (3, 13),  # where the request is acceptable to the provider, and where it is not
    "AE-7": (6,),
    "AE-8": (13,),
    "DT-1": (6,),
    "DT-2": (6,),
    "AR-1": (7,),
    "AR-2": (8,),
    "AR-3": (1,),
    "AR-4": (13,),
    "AR-5": (1,),
    "AR-6": (7,),
    "AR-7": (8,),
    "AR-8": (9, 10),  # the requestor of the association, and its acceptor
    "AR-9": (11,),
    "AR-10": (12,),
    "AA-1": (13,),
    "AA-2": (1,),
    "AA-3": (1,),
    "AA-4": (1,),
    "AA-5": (1,),
    "AA-6": (13,),
    "AA-7": (13,),
    "AA-8": (13,),
}
"""The states that an action leads to. Tables 9-6 to 9-9."""
