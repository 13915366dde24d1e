from django import forms

from .models import Document


class DocumentForm(forms.ModelForm):
    file = forms.FileField()

    class Meta:
        model = Document
        fields = ['title', 'file']
