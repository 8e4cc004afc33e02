"""Nothing notifiable leaves the building unreported: records against cards every night, and what a desk does with it.

`readings` keeps what identification said of each record, `gathering` brings it together with cards, `running` judges
and writes the lines (`yifang.audit` decides), `answering` is what people do with them, `samples` the review by hand,
`results` the way of an abnormal result to a doctor and back.
"""
