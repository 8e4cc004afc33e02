"""Numbers that a card has in the specialist systems (tuberculosis, HIV, measles, AFP) beside 大疫情网."""

from django.db import models

from yifang.apps.accounts.models import User
from yifang.apps.reporting.models.cards import Card
from yifang.kernel.ids import new_id


class RegisterEntry(models.Model):
    """That the card stands in a specialist system (`register`, quality pack) under a number since a time."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    card = models.ForeignKey(Card, on_delete=models.CASCADE, related_name="registered")
    register = models.CharField(max_length=12)
    number = models.CharField(max_length=40)
    registered_at = models.DateTimeField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("card", "register"), name="one_register_entry_a_card"),
            models.UniqueConstraint(fields=("register", "number"), name="one_register_number"),
        )

    def __str__(self) -> str:
        return f"{self.register} {self.number}"
